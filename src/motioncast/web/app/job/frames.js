/** Stepping from frame to frame. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { loadIndex } from "./mp4_index.js";

const USUAL_RATE = 30;

/** The frames of a video: {times, sound, read}; `read` says that they are the file's own, not assumed. */
export function useFrames(url, duration) {
  const [index, setIndex] = useState(null);
  useEffect(() => {
    let gone = false;
    setIndex(null);
    loadIndex(url).then((found) => gone || setIndex(found), () => {});
    return () => {
      gone = true;
    };
  }, [url]);
  return index ? { ...index, read: true } : { times: evenly(duration), sound: true, read: false };
}

function evenly(duration) {
  return Array.from({ length: Math.max(1, Math.round((duration || 0) * USUAL_RATE)) }, (_, frame) => frame / USUAL_RATE);
}

/** Which frame is shown at a moment; `times` are ascending. */
export function frameAt(times, moment) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (times[middle] <= moment + 0.0005) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A moment well inside a frame: browsers round differently at its edges. */
export function momentOf(times, frame, duration) {
  const place = Math.max(0, Math.min(times.length - 1, frame));
  if (place === 0) return 0;
  return (times[place] + (times[place + 1] ?? Math.max(times[place], duration))) / 2;
}

/** Frames a second, on average. */
export function rateOf(times) {
  return times.length > 1 ? (times.length - 1) / (times.at(-1) - times[0]) : null;
}
