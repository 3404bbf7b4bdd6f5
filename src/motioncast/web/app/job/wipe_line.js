/** The line of a wipe: left of it one video, right of it the other. Draggable anywhere on the picture. */
import { html, useRef } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { text } from "./player_text.js";

const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };

/** `value` is how much of the left video shows, in per cent. */
export function WipeLine({ value, onChange, left, right, ratio }) {
  const t = useText(text);
  const area = useRef();
  const follow = (event) => {
    if (event.type === "pointerdown") {
      if (event.button !== 0) return;
      area.current.setPointerCapture(event.pointerId);
      area.current.firstElementChild.focus({ preventScroll: true });
      event.preventDefault();
    } else if (!area.current.hasPointerCapture(event.pointerId)) return;
    const { left: start, width } = area.current.getBoundingClientRect();
    onChange(bounded(((event.clientX - start) / width) * 100));
  };
  const onKeyDown = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the player's own arrow keys step through frames
    onChange(bounded(value + step * (event.shiftKey ? 5 : 1)));
  };
  const whole = Math.round(value);
  return html`<div class="wipe-area" ref=${area} onPointerDown=${follow} onPointerMove=${follow} style=${{ "--line": `${value}%`, "--ratio": ratio }}>
    <div
      class="wipe-line" role="slider" tabindex="0" onKeyDown=${onKeyDown} aria-label=${t("wipe", { left, right })} aria-valuemin="0"
      aria-valuemax="100" aria-valuenow=${whole} aria-valuetext=${t("wipe_value", { n: whole, left })} aria-orientation="horizontal"
    ><span aria-hidden="true">‹›</span></div>
  </div>`;
}

function bounded(value) {
  return Math.max(0, Math.min(100, value));
}
