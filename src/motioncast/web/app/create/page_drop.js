/** Files and addresses that are dropped or pasted anywhere on the page. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { takeAddress, takeFile } from "./inputs.js";

/** Takes what is dropped and pasted while the view is there; whether something is being dragged over the page. */
export function usePageDrop() {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    let leaving = null;
    const onDragOver = (event) => {
      if (!carries(event.dataTransfer)) return;
      event.preventDefault(); // else the browser would open the file
      clearTimeout(leaving);
      setDragging(true);
      leaving = setTimeout(() => setDragging(false), 200); // it comes again and again while the pointer is over the page
    };
    const onDrop = (event) => {
      if (!carries(event.dataTransfer)) return;
      event.preventDefault();
      setDragging(false);
      take(event.dataTransfer, event.target.closest("[data-input]")?.dataset.input);
    };
    const onPaste = (event) => {
      if (event.target.closest?.("input, textarea") && !event.clipboardData.files.length) return;
      if (take(event.clipboardData)) event.preventDefault();
    };
    const listen = [["dragover", onDragOver], ["drop", onDrop], ["paste", onPaste]];
    for (const [name, listener] of listen) document.addEventListener(name, listener);
    return () => {
      clearTimeout(leaving);
      for (const [name, listener] of listen) document.removeEventListener(name, listener);
    };
  }, []);
  return dragging;
}

function carries({ types }) {
  return types.includes("Files") || types.includes("text/uri-list");
}

/** Whether there was anything to take. */
function take(data, wanted) {
  if (data.files.length) {
    for (const file of data.files) takeFile(file, wanted);
    return true;
  }
  const address = (data.getData("text/uri-list") || data.getData("text/plain")).trim();
  if (!/^https?:\/\/\S+$/i.test(address)) return false;
  takeAddress(address, wanted);
  return true;
}
