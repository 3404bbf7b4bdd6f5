/** Which page the address names: `#/`, `#/job/ID`, `#/history`, `#/account`, `#/watch/…`. */
import { useEffect, useState } from "/web/vendor/preact.js";

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

/** Go to a page; `replace` leaves no step to come back to. */
export function go(path, { replace = false } = {}) {
  if (replace) location.replace("#/" + path);
  else location.hash = "#/" + path;
}

function parse() {
  return location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
}
