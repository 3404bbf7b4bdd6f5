/** Submitting a job: from the composer, as a variant, or once more. */
import { MODEL, post } from "./api.js";
import { moneyMoved } from "./shell.js";

/** {body, key} of the request whose answer has not come: sent again with its key, it is one job all the same. */
let unanswered = null;

/** Submit `{image, video, mode, prompt, resolution, seed, engine}`; resolves to the prediction. */
export async function submitJob(inputs) {
  const body = JSON.stringify(inputs);
  if (unanswered?.body !== body) unanswered = { body, key: newKey() };
  try {
    const prediction = await post(`/api/v3/${MODEL}`, inputs, { headers: { "Idempotency-Key": unanswered.key } });
    unanswered = null;
    return prediction;
  } catch (error) {
    if (error.status >= 400 && error.status < 500) unanswered = null;
    throw error;
  } finally {
    moneyMoved.dispatchEvent(new Event("moved"));
  }
}

/** What `submitJob` would do and cost, without doing it. */
export function rehearseJob(inputs, signal) {
  return post(`/api/v3/${MODEL}?dry_run=true`, inputs, { signal });
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
