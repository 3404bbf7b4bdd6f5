/** Which page the address names: `#/`, `#/job/ID`, `#/history`, `#/account`, `#/watch/…`. */
import { useEffect, useRef, useState } from "/web/vendor/preact.js";

/** The parts of the address after `#/`: ["job", "0123…"]; [""] is the first page. */
export function useRoute() {
  const [route, setRoute] = useState(parse);
  useEffect(() => {
    const listener = () => setRoute(parse());
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, []);
  return route;
}

/** On a change of `place`, not at first: begin at the top, and let screen readers and the keyboard begin there too. */
export function useArrival(place) {
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    scrollTo(0, 0);
    const target = document.querySelector("main h1") ?? document.querySelector("main");
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }, [place]);
}

/** Go to a page; `replace` leaves no step to come back to. */
export function go(path, { replace = false } = {}) {
  if (replace) location.replace("#/" + path);
  else location.hash = "#/" + path;
}

function parse() {
  return location.hash.replace(/^#\/?/, "").split("/").map(decoded);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a % that stands for itself
  }
}
