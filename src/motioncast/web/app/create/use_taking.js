/** The countdown before a picture or a recording, and the recording itself. */
import { useEffect, useRef, useState } from "/web/vendor/preact.js";
import { record, snapshot } from "./recording.js";

const COUNTDOWN_S = 3; // to step back
const CLOCK_MS = 250;

/** Seconds that a recording may be long: more is not used. */
export const LONGEST_S = 120;

/**
 * {left, seconds, problem, start, stop}: `left` of the countdown and `seconds` of the recording are null while there is
 * none; `problem` is a name in text.js. `onShot(file)` gets what was taken.
 */
export function useTaking({ kind, stream, view, onShot }) {
  const [left, setLeft] = useState(null);
  const [recording, setRecording] = useState(null);
  const [problem, setProblem] = useState(null);
  const here = useRef(true); // false once the window is closed
  useEffect(() => () => void (here.current = false), []);
  const take = async () => {
    try {
      if (kind === "image") return onShot(await snapshot(view.current));
      const begun = record(stream);
      setRecording(begun);
      const file = await begun.file;
      if (here.current) onShot(file);
    } catch {
      setProblem("camera_busy"); // the browser cannot make a file of what the camera gives
    }
  };
  useEffect(() => {
    if (left === null) return undefined;
    const timer = setTimeout(() => {
      setLeft(left > 1 ? left - 1 : null);
      if (left === 1) take();
    }, 1000);
    return () => clearTimeout(timer);
  }, [left]);
  const seconds = useClock(recording);
  return { left, seconds, problem, start: () => setLeft(COUNTDOWN_S), stop: () => recording.stop() };
}

/** Whole seconds since `recording` began, or null; it is stopped at the limit, and when the view goes. */
function useClock(recording) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (!recording) return undefined;
    const start = performance.now();
    const clock = setInterval(() => setSeconds(Math.floor((performance.now() - start) / 1000)), CLOCK_MS);
    const limit = setTimeout(recording.stop, LONGEST_S * 1000);
    return () => {
      clearInterval(clock);
      clearTimeout(limit);
      recording.stop();
    };
  }, [recording]);
  return recording && seconds;
}
