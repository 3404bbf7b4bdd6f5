/** The person that the server found in a picture or in the first frame of a video. */
import { html } from "/web/vendor/preact.js";

/** Lines over a picture of the same box: it fits into the box as `object-fit: contain` does. */
export function Skeleton({ seen }) {
  const { width, height, skeleton } = seen;
  return html`<svg class="bones" viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
    ${skeleton.lines.map(
      ({ part, points }) => html`<polyline class=${part} points=${points.map(([x, y]) => `${x * width},${y * height}`).join(" ")} />`,
    )}
  </svg>`;
}
