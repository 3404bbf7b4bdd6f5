/** The player: one video, or two in step, side by side or under a wipe. */
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { recall, remember } from "../session.js";
import { Segmented } from "../ui.js";
import { ControlBar } from "./control_bar.js";
import { usePlayback } from "./playback.js";
import { text } from "./player_text.js";
import { keepInStep } from "./sync.js";
import { WipeLine } from "./wipe_line.js";

const VIEWS = ["side", "wipe", "single"];
const UNKNOWN_RATIO = 16 / 9;
const ALIKE = 0.03;

/**
 * `main` and `second` are {url, label, poster?}; `second` may be null. A poster shows until there is a frame: it need not
 * be the first one. `single` is the caption of the view that shows
 * `main` alone, null where there is none. `onReady({width, height, duration, frames})` tells what `main` is;
 * `onLost(error)` that it cannot be played, with the browser's MediaError.
 */
export function Player({ main, second = null, single = null, onReady = () => {}, onLost = () => {} }) {
  const t = useText(text);
  const [box, first, other] = [useRef(), useRef(), useRef()];
  const [ratios, setRatios] = useState({});
  const [line, setLine] = useState(50);
  const [loaded, setLoaded] = useState(false);
  const [view, setView] = useView(second, single);
  const playback = usePlayback(first, main.url);
  useEffect(() => (second && view !== "single" ? keepInStep(first.current, other.current) : undefined), [main.url, second?.url, view]);
  const { width, height, duration, frames } = playback;
  useEffect(() => {
    if (width) onReady({ width, height, duration, frames });
  }, [width, height, duration, frames.read]);
  const ratio = width ? width / height : UNKNOWN_RATIO;
  const measured = ratios[second?.url] ?? ratio;
  // outputs have sides that are multiples of 16: what differs by less is the same picture, and has to lie on it exactly
  const otherRatio = Math.abs(measured / ratio - 1) < ALIKE ? ratio : measured;
  const measure = ({ currentTarget: video }) => setRatios({ ...ratios, [second.url]: video.videoWidth / video.videoHeight });
  const widest = Math.max(ratio, otherRatio); // under a wipe both are shown whole, equally high where one is wider
  const breadth = { side: ratio + otherRatio, wipe: widest, single: ratio }[view];
  const options = [["side", t("view_side")], ["wipe", t("view_wipe")], ["single", single]].filter(([, caption]) => caption);
  return html`<section class="player" role="group" aria-label=${t("player")} ref=${box} onKeyDown=${playback.onKeyDown(box)}>
    ${second && html`<${Segmented} label=${t("view")} value=${view} options=${options} onChange=${setView} />`}
    <div class="player-stage">
      <div class="player-screens ${view} ${breadth > 2 ? "broad" : ""}" style=${{ "--breadth": breadth }}>
        ${second && html`<figure style=${{ "--ratio": view === "wipe" ? widest : otherRatio, "--line": `${line}%` }} hidden=${view === "single"} class=${otherRatio === ratio ? "second alike" : "second"}>
          <video ref=${other} src=${second.url} muted playsinline preload="auto" tabindex="-1" onLoadedMetadata=${measure} onClick=${playback.toggle}></video>
          <figcaption>${second.label}</figcaption>
        </figure>`}
        <figure style=${{ "--ratio": view === "wipe" ? widest : ratio }}>
          <video
            ref=${first} src=${main.url} poster=${loaded ? undefined : (main.poster ?? undefined)} playsinline preload="auto" tabindex="-1"
            onLoadedData=${() => setLoaded(true)} onError=${({ currentTarget }) => onLost(currentTarget.error)} onClick=${playback.toggle}
          ></video>
          ${second && html`<figcaption>${main.label}</figcaption>`}
        </figure>
        ${view === "wipe" && html`<${WipeLine} value=${line} onChange=${setLine} left=${second.label} right=${main.label} ratio=${widest} />`}
      </div>
    </div>
    <${ControlBar} playback=${playback} box=${box} />
    <p class="soft small-text player-keys">${t("keys")}</p>
  </section>`;
}

/** The view chosen last, where it is possible here. */
function useView(second, single) {
  const [chosen, choose] = useState(recall("view"));
  const possible = VIEWS.includes(chosen) && (chosen !== "single" || single);
  const change = (view) => {
    remember("view", view);
    choose(view);
  };
  return [second ? (possible ? chosen : "side") : "single", change];
}
