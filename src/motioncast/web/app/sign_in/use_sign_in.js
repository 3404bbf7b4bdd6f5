/** Signing in with a key that the server knows. */
import { useState } from "/web/vendor/preact.js";
import { get } from "../api.js";
import { setKey } from "../session.js";

/** `signIn(typed)` keeps a key that the server knows and tells whether it did; `problem` names a text, `failure` is a sentence. */
export function useSignIn() {
  const [state, setState] = useState({ problem: "", failure: "", busy: false });
  const change = (values) => setState({ problem: "", failure: "", busy: false, ...values });
  const signIn = async (typed) => {
    const key = keyIn(typed);
    if (!key) return void change({ problem: typed.trim() ? "odd" : "missing" });
    change({ busy: true });
    try {
      await get("/api/v3/balance", { key });
    } catch (error) {
      return void change({ failure: error.message });
    }
    setKey(key);
    return true;
  };
  return { ...state, signIn };
}

/** The key in what was typed; the link that the server prints has it too. */
function keyIn(typed) {
  return /^(?:\S*#key=)?([\w-]+)$/.exec(typed.trim())?.[1];
}
