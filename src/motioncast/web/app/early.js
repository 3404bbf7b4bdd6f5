// Before the first paint: the theme that was chosen, so that nothing flashes.
try {
  const theme = localStorage.getItem("motioncast.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // storage is blocked: the system's theme it is
}
