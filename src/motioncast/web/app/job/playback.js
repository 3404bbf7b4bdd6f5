/** A video element's state and what can be done with it. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { frameAt, momentOf, useFrames } from "./frames.js";

const EVENTS = ["play", "pause", "ended", "timeupdate", "seeking", "seeked", "volumechange", "ratechange", "loadedmetadata", "durationchange", "emptied"];
const IDLE = { playing: false, time: 0, duration: 0, width: 0, height: 0, muted: false, rate: 1 };

/** State and actions of the video that `element` refers to, whose address is `url`. */
export function usePlayback(element, url) {
  const [state, setState] = useState(IDLE);
  const [loop, setLoop] = useState(true);
  const frames = useFrames(url, state.duration);
  useEffect(() => observe(element.current, setState), [url]);
  useEffect(() => {
    element.current.loop = loop;
  }, [url, loop]);
  const video = () => element.current;
  const toggle = () => (video().paused ? video().play().catch(() => {}) : video().pause());
  const showFrame = (frame) => {
    video().pause();
    video().currentTime = momentOf(frames.times, frame, state.duration);
  };
  const frame = frameAt(frames.times, state.time);
  const actions = {
    toggle,
    showFrame,
    step: (by) => showFrame(frameAt(frames.times, video().currentTime) + by),
    setRate: (rate) => (video().playbackRate = rate),
    toggleMuted: () => (video().muted = !video().muted),
    toggleLoop: () => setLoop(!loop),
  };
  return { ...state, loop, frames, frame, ...actions, onKeyDown: (box) => keys(actions, box) };
}

function observe(video, setState) {
  let request = 0;
  const look = () => {
    setState({
      playing: !video.paused && !video.ended,
      time: video.currentTime,
      duration: Number.isFinite(video.duration) ? video.duration : 0,
      width: video.videoWidth,
      height: video.videoHeight,
      muted: video.muted,
      rate: video.playbackRate,
    });
    cancelAnimationFrame(request);
    // the events of a playing video come four times a second: too coarse for a scrubber
    if (!video.paused) request = requestAnimationFrame(look);
  };
  for (const name of EVENTS) video.addEventListener(name, look);
  look();
  return () => {
    cancelAnimationFrame(request);
    for (const name of EVENTS) video.removeEventListener(name, look);
  };
}

/** Keys that work wherever the focus is in the player, except where a control needs them itself. */
function keys(actions, box) {
  const bound = {
    " ": actions.toggle,
    k: actions.toggle,
    ArrowLeft: () => actions.step(-1),
    ",": () => actions.step(-1),
    ArrowRight: () => actions.step(1),
    ".": () => actions.step(1),
    m: actions.toggleMuted,
    l: actions.toggleLoop,
    f: () => toggleFullScreen(box.current),
  };
  return (event) => {
    const action = bound[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    event.preventDefault();
    action();
  };
}

function isTaken({ key, target }) {
  if (target.matches("select")) return true;
  if (key === " ") return target.matches("button, input[type=radio]");
  return key.startsWith("Arrow") && target.matches("input");
}

/** Show `box` on the full screen, or no longer. An iPhone can do that with the video alone. */
export function toggleFullScreen(box) {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (box.requestFullscreen) box.requestFullscreen().catch(() => {});
  else box.querySelector("figure:not(.second) video").webkitEnterFullscreen?.();
}
