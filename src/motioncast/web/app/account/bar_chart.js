/** Bars, one a day. They can be pointed at and walked through with the arrow keys; the day is told above them. */
import { html, useId, useLayoutEffect, useRef, useState } from "/web/vendor/preact.js";
import { dayName } from "./days.js";

const HEIGHT = 170;
const MARGIN = { top: 10, right: 2, bottom: 24, left: 44 };
const LABEL_WIDTH = 84; // pixels, at least, from one date to the next

/**
 * `days` have a `date`; `heightOf(day)` is the whole bar, `solidOf(day)` the part of it that is drawn solid.
 * `tell(day)` is a day in words, `summary` all of them; `scale(number)` labels the axis; `whole` is for things that are counted.
 */
export function BarChart({ title, days, heightOf, solidOf = heightOf, tell, summary, hint, scale, whole = false }) {
  const id = useId();
  const [frame, width] = useWidth();
  const [current, setCurrent] = useState(null);
  const reached = current ?? days.length - 1; // by the Tab key: the last day, and later the one where the person was
  const plot = plotOf(width, days.length, ceiling(Math.max(...days.map(heightOf)), whole));
  const onKeyDown = (event) => {
    const next = walked(event.key, reached, days.length);
    if (next === null) return;
    event.preventDefault();
    setCurrent(next);
    event.currentTarget.querySelector(`[data-day="${next}"]`).focus();
  };
  const bar = (day, place) => html`<g
    key=${day.date} role="img" aria-label=${tell(day)} data-day=${place} class=${place === current ? "current" : ""}
    tabindex=${place === reached ? 0 : -1} onPointerEnter=${() => setCurrent(place)} onFocus=${() => setCurrent(place)}
  >
    <rect class="bar-room" x=${plot.x(place)} y=${plot.y(plot.top)} width=${plot.step} height=${plot.y(0) - plot.y(plot.top)} />
    <${Bar} plot=${plot} x=${plot.x(place)} total=${heightOf(day)} solid=${solidOf(day)} />
  </g>`;
  return html`<div class="chart" ref=${frame} onPointerLeave=${() => setCurrent(null)}>
    <div class="chart-head"><h3 id=${id}>${title}</h3><span class="soft">${current === null ? summary : tell(days[current])}</span></div>
    <svg width=${width} height=${HEIGHT} role="group" aria-labelledby=${id} aria-description=${hint} onKeyDown=${onKeyDown}>
      ${width > 0 && html`<${Axes} plot=${plot} days=${days} scale=${scale} />${days.map(bar)}`}
    </svg>
  </div>`;
}

/** Where days and values are in a drawing of `width` pixels: `x` is a day's left edge, `y` a value's height. */
function plotOf(width, count, top) {
  const step = Math.max(0, width - MARGIN.left - MARGIN.right) / count;
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  return { top, step, x: (place) => MARGIN.left + place * step, y: (value) => MARGIN.top + height * (1 - value / top) };
}

function Axes({ plot, days, scale }) {
  const last = days.length - 1;
  const every = Math.ceil(LABEL_WIDTH / plot.step);
  return html`<g aria-hidden="true">
    ${[0, plot.top / 2, plot.top].map((value) => html`
      <line x1=${plot.x(0)} x2=${plot.x(last + 1)} y1=${plot.y(value)} y2=${plot.y(value)} />
      <text x=${plot.x(0) - 7} y=${plot.y(value) + 4} text-anchor="end">${scale(value)}</text>
    `)}
    ${days.map(({ date }, place) => (last - place) % every === 0 && html`
      <text x=${plot.x(place + 0.5)} y=${HEIGHT - 6} text-anchor=${place === last ? "end" : "middle"}>${dayName(date)}</text>
    `)}
  </g>`;
}

function Bar({ plot: { step, y }, x, total, solid }) {
  const gap = Math.min(4, step * 0.25);
  const box = { x: x + gap / 2, width: Math.max(1, step - gap), rx: Math.min(3, step / 5) };
  return html`
    ${total > solid && html`<rect class="bar-rest" ...${box} y=${y(total)} height=${y(0) - y(total)} />`}
    ${solid > 0 && html`<rect class="bar-solid" ...${box} y=${y(solid)} height=${y(0) - y(solid)} />`}
  `;
}

/** The width that there is, in pixels: text and round corners must not be stretched. */
function useWidth() {
  const frame = useRef();
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return [frame, width];
}

/** The end of the axis: a round number; for counts an even number, so that its half is one as well. */
function ceiling(highest, whole) {
  if (!highest) return whole ? 2 : 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const round = [1, 2, 3, 4, 6, 8, 10].map((factor) => factor * power).find((value) => value >= highest - 1e-9);
  return whole ? Math.max(2, 2 * Math.ceil(round / 2)) : round;
}

function walked(key, place, count) {
  const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: count - 1 }[key];
  return next === undefined ? null : Math.min(count - 1, Math.max(0, next));
}
