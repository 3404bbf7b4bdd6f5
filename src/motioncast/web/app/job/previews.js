/** What has been rendered so far, beside what drives it. */
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { ownFile } from "../api.js";
import { useText } from "../i18n.js";
import { text } from "./text.js";

/** `previews` are {frame, image}, oldest first. */
export function Previews({ input, previews }) {
  const t = useText(text);
  const newest = previews.at(-1);
  return html`<section class="card stack">
    <div class="job-previews">
      <${Driving} url=${input && ownFile(input.video)} known=${Boolean(input)} moving />
      ${newest
        ? html`<figure><img src=${newest.image} alt=${t("preview_alt", { n: newest.frame })} /><figcaption>${t("preview")}</figcaption></figure>`
        : html`<${Picture} url=${input && ownFile(input.image)} />`}
    </div>
    ${!newest && html`<p class="soft small-text">${t("preview_none")}</p>`}
    ${previews.length > 1 && html`<div class="filmstrip" role="group" aria-label=${t("filmstrip")} tabindex="0">
      ${previews.slice(0, -1).map(({ frame, image }) => html`<img key=${frame} src=${image} alt=${t("preview_alt", { n: frame })} title=${t("preview_alt", { n: frame })} />`)}
    </div>`}
  </section>`;
}

/** What a job was made from, as far as it is on this server. */
export function Inputs({ input }) {
  return html`<section class="card job-previews small">
    <${Driving} url=${ownFile(input.video)} known />
    <${Picture} url=${ownFile(input.image)} />
  </section>`;
}

function Picture({ url }) {
  const t = useText(text);
  const [gone, setGone] = useState(false);
  if (!url || gone) return null;
  return html`<figure>
    <img class="waiting" src=${url} alt=${t("picture_alt")} onError=${() => setGone(true)} />
    <figcaption>${t("picture")}</figcaption>
  </figure>`;
}

function Driving({ url, known, moving = false }) {
  const t = useText(text);
  const video = useRef();
  const [unplayable, setUnplayable] = useState(false);
  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (url && moving && !still) video.current.play().catch(() => {});
  }, [url]);
  if (!url || unplayable) return known && !url ? html`<p class="soft small-text">${t("driving_elsewhere")}</p>` : null;
  return html`<figure>
    <video ref=${video} src=${url} muted loop playsinline controls preload="auto" aria-label=${t("driving")} onError=${() => setUnplayable(true)}></video>
    <figcaption>${t("driving")}</figcaption>
  </figure>`;
}
