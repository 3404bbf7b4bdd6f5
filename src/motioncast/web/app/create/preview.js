/** A picture or video as it will be sent, with what the server sees in it. */
import { html, useState } from "/web/vendor/preact.js";
import { Notice } from "../ui.js";
import { useText } from "../i18n.js";
import { Skeleton } from "./skeleton.js";
import { text } from "./text.js";

/** `source` is a path of this server or a blob; `seen` may be null; `bones` says whether the skeleton is shown. */
export function Preview({ kind, source, seen, bones }) {
  const t = useText(text);
  const [playing, setPlaying] = useState(false);
  const [unshown, setUnshown] = useState(null); // a source that this browser cannot show (HEIC, MKV…): the server can
  const broken = unshown === source;
  const still = broken ? seen?.preview : source;
  const onError = () => setUnshown(source);
  return html`
    <div class="stage">
      ${kind === "video" && !broken
        ? html`<video
            src=${source} poster=${seen?.preview} controls muted loop playsinline preload="metadata" aria-label=${t("video")}
            onPlay=${() => setPlaying(true)} onPause=${() => setPlaying(false)} onError=${onError}
          ></video>`
        : still && html`<img src=${still} alt=${t("alt_" + kind)} onError=${onError} />`}
      ${bones && seen?.skeleton && !playing && html`<${Skeleton} seen=${seen} />`}
    </div>
    ${broken && seen && html`<p class="soft small-text">${t("unshown")}</p>`}
  `;
}

/** Size, length and framing, or that nobody was found. */
export function Findings({ kind, seen }) {
  const t = useText(text);
  const badges = [
    `${seen.width} × ${seen.height}`,
    seen.duration_s && t("seconds", { n: seen.duration_s.toFixed(1) }),
    seen.rate && t("rate", { n: Number(seen.rate.toFixed(2)) }),
    seen.skeleton && seen.framing && t(seen.framing),
  ].filter(Boolean);
  return html`
    <p class="row badges">${badges.map((words) => html`<span class="badge">${words}</span>`)}</p>
    ${!seen.skeleton && html`<${Notice}>${t("nobody_" + kind)}<//>`}
  `;
}
