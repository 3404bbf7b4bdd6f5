/** A call whose answer a view shows. */
import { useCallback, useEffect, useState } from "/web/vendor/preact.js";
import { moneyMoved } from "../shell.js";

/** `{answer, failure, again}` of `call()`; asked again when `inputs` change and when money has moved. */
export function useAnswer(call, inputs = []) {
  const [state, setState] = useState({ answer: null, failure: null });
  const again = useCallback(() => {
    let current = true;
    call().then(
      (answer) => current && setState({ answer, failure: null }),
      (failure) => current && setState((now) => ({ ...now, failure })),
    );
    return () => {
      current = false;
    };
  }, inputs);
  useEffect(again, [again]);
  useEffect(() => {
    moneyMoved.addEventListener("moved", again);
    return () => moneyMoved.removeEventListener("moved", again);
  }, [again]);
  return { ...state, again };
}
