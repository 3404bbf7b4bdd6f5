/** State outside of views: whoever keeps it calls the listeners, and the views that follow it are drawn again. */
import { useEffect, useState } from "/web/vendor/preact.js";

/** Draw the view again whenever one of `listeners`, a Set, is called. */
export function useRedraw(listeners) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((count) => count + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, [listeners]);
}
