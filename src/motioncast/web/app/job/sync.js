/** Two videos in step: whatever the first does, the second does too. */

const CLOSE_S = 0.02;
const FAR_S = 0.35;

/**
 * What to do about a second video that is `drift` seconds ahead of the first (negative: behind), which plays at `rate`:
 * nothing, play a little slower or faster, or seek.
 */
function correction(drift, rate) {
  if (Math.abs(drift) > FAR_S * Math.max(1, rate)) return { seek: true, rate };
  if (Math.abs(drift) < CLOSE_S) return { seek: false, rate };
  return { seek: false, rate: rate * (1 - Math.max(-0.25, Math.min(0.25, drift))) };
}

/** Keep `second` in step with `first`. Returns what ends that. */
export function keepInStep(first, second) {
  const listeners = new AbortController();
  const on = (element, names, listener) => {
    for (const name of names) element.addEventListener(name, listener, { signal: listeners.signal });
  };
  const place = () => {
    const wanted = Math.min(first.currentTime, Number.isFinite(second.duration) ? second.duration : Infinity);
    if (Math.abs(second.currentTime - wanted) > 0.001) second.currentTime = wanted;
  };
  const run = () => {
    second.playbackRate = first.playbackRate;
    if (first.paused || first.ended || pastEnd(first, second)) second.pause();
    else second.play().catch(() => {}); // a pause that follows at once interrupts it
  };
  const correct = () => {
    if (first.paused || second.seeking || pastEnd(first, second)) return;
    const { seek, rate } = correction(second.currentTime - first.currentTime, first.playbackRate);
    second.playbackRate = rate;
    if (seek) place();
  };
  on(first, ["play", "playing", "ratechange"], run);
  on(first, ["pause", "ended"], () => { run(); place(); });
  on(first, ["waiting"], () => second.pause());
  on(first, ["seeking", "seeked"], () => { place(); run(); }); // a loop begins again with a seek, too
  on(second, ["loadedmetadata"], () => { place(); run(); });
  const timer = setInterval(correct, 200);
  place();
  run();
  return () => {
    listeners.abort();
    clearInterval(timer);
    second.pause();
  };
}

/** Whether the second video is too short for where the first is. */
function pastEnd(first, second) {
  return Number.isFinite(second.duration) && first.currentTime >= second.duration;
}
