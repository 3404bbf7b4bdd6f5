/** What a job would cost and how long it would take, asked before it is submitted. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { MODEL, post } from "../api.js";
import { rehearseJob } from "../submit.js";

const PAUSE_MS = 400; // people change several things at once

/**
 * {quote, asking, problem, again}: `quote` is the server's answer for `wanted` (null: nothing to ask yet). `problem`
 * is {message, final}: final means that the job would fail as it is.
 */
export function useQuote(wanted) {
  const [answer, setAnswer] = useState({ quote: null, asking: false, problem: null });
  const [attempt, setAttempt] = useState(0);
  const key = wanted && JSON.stringify(wanted);
  useEffect(() => {
    if (!wanted) return setAnswer({ quote: null, asking: false, problem: null });
    const aborter = new AbortController();
    setAnswer(({ quote }) => ({ quote, asking: true, problem: null }));
    const timer = setTimeout(async () => {
      try {
        setAnswer({ quote: await rehearseJob(wanted, aborter.signal), asking: false, problem: null });
      } catch (error) {
        if (aborter.signal.aborted) return;
        const problem = { message: error.message, final: error.status === 400 };
        setAnswer({ quote: null, asking: false, problem });
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [key, attempt]);
  return { ...answer, again: () => setAttempt(attempt + 1) };
}

/** The price in dollars, which the server knows at once where it has the video; null where there is none yet. */
export function usePrice(video, resolution) {
  const [answer, setAnswer] = useState({ video: null });
  useEffect(() => {
    if (!video) return undefined;
    const aborter = new AbortController();
    const question = { model_id: MODEL, inputs: { video, resolution } };
    post("/api/v3/model/price", question, { signal: aborter.signal }).then(
      ({ price }) => setAnswer({ video, resolution, price }),
      () => {}, // the rehearsal tells what is wrong
    );
    return () => aborter.abort();
  }, [video, resolution]);
  return answer.video === video && answer.resolution === resolution ? answer.price : null;
}
