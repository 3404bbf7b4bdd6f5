// Before the first paint: the colours that the reader chose the last time.
document.body.dataset.theme = localStorage.getItem("theme") || "auto";
