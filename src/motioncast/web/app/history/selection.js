/** Which of the jobs shown are picked. */
import { useRef, useState } from "/web/vendor/preact.js";

/** `{picked, pick, pickAll, clear}`; what is no longer shown is not picked either. */
export function useSelection(shown) {
  const [ids, setIds] = useState(new Set());
  const last = useRef(null);
  const order = shown.map(({ id }) => id);
  const pick = (id, range) => {
    const changed = new Set(ids);
    const on = !ids.has(id);
    for (const each of range ? between(order, last.current, id) : [id]) {
      if (on) changed.add(each);
      else changed.delete(each);
    }
    last.current = id;
    setIds(changed);
  };
  return {
    picked: order.filter((id) => ids.has(id)),
    pick,
    pickAll: () => setIds(new Set(order)),
    clear: () => setIds(new Set()),
  };
}

function between(order, one, other) {
  const [start, end] = [order.indexOf(one), order.indexOf(other)].sort((a, b) => a - b);
  return start < 0 ? [other] : order.slice(start, end + 1);
}
