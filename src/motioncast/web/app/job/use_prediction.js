/** One prediction, from wherever it stands until it has ended. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { ApiFailure, follow, get, hasEnded } from "../api.js";
import { moneyMoved } from "../shell.js";
import { withPreview } from "./filmstrip.js";

const PREVIEWS = 12;
const START = { prediction: null, failure: null, broken: false, previews: [] };

/**
 * {prediction, failure, broken, previews}: `failure` is why there is none (an ApiFailure), `broken` that the line to the
 * server is, `previews` are frames seen while it rendered.
 */
export function usePrediction(id) {
  const [state, setState] = useState(START);
  useEffect(() => {
    const stopper = new AbortController();
    const change = (values) => stopper.signal.aborted || setState((before) => ({ ...before, ...values(before) }));
    setState(START);
    accompany(id, stopper.signal, change).catch((failure) => change(() => ({ failure })));
    return () => stopper.abort();
  }, [id]);
  return state;
}

async function accompany(id, signal, change) {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new ApiFailure(404, "Prediction not found", "prediction_not_found");
  const prediction = await load(id, signal, change);
  if (!prediction || hasEnded(prediction)) return;
  await follow(id, {
    signal,
    // events do not repeat the inputs
    onChange: (news) => change((before) => ({ broken: false, prediction: { ...news, input: before.prediction.input } })),
    onPreview: (preview) => change((before) => ({ previews: withPreview(before.previews, preview, PREVIEWS) })),
    onBroken: () => change(() => ({ broken: true })),
  });
  moneyMoved.dispatchEvent(new Event("moved"));
}

/** The prediction with its inputs; tries until the server answers. */
async function load(id, signal, change) {
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 8000)) {
    try {
      const prediction = await get(`/api/v3/predictions/${id}?include_inputs=true`, { signal });
      change(() => ({ prediction, broken: false }));
      return prediction;
    } catch (error) {
      if (signal.aborted) return null;
      if (error.status && error.status < 500) throw error;
      change(() => ({ broken: true }));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return null;
}
