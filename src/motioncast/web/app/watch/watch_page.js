/** A shared video, for whoever has its link; no key is needed. */
import { html, useState } from "/web/vendor/preact.js";
import { ownFile } from "../api.js";
import { moment, useText } from "../i18n.js";
import { whyLost } from "../job/output.js";
import { Player } from "../job/player.js";
import { Trouble } from "../job/trouble.js";
import { inLanguage } from "../server_sentences.js";
import { Icon, Notice } from "../ui.js";
import { text } from "./text.js";

/** `path` is [expires (seconds since 1970), signature, id] of an output's address. */
export function WatchPage({ path }) {
  const t = useText(text);
  const url = ownFile(`/o/${path.join("/")}.mp4`);
  const date = Number.isFinite(path[0] * 1000) ? moment(path[0] * 1000) : "";
  const expired = url && path[0] * 1000 < Date.now();
  return html`
    <div class="page-head"><h1>${t("title")}</h1></div>
    ${!url && html`<${Notice} kind="error">${t("wrong")}<//>`}
    ${expired && html`<${Notice} kind="warning">${t("expired", { date })}<//>`}
    ${url && !expired && html`<${Shared} key=${url} url=${url} date=${date} />`}
  `;
}

function Shared({ url, date }) {
  const t = useText(text);
  const [trouble, setTrouble] = useState(null);
  const onLost = async (error) => setTrouble(await whyLost(url, error));
  if (trouble?.gone) return html`<${Notice} kind="error">${inLanguage(trouble.message)}<//>`;
  return html`<div class="card stack">
    ${trouble
      ? html`<${Trouble} trouble=${trouble} onAgain=${() => setTrouble(null)} />`
      : html`<${Player} main=${{ url, label: t("title") }} onLost=${onLost} />`}
    <div class="row job-foot">
      <p class="soft small-text">${t("made")} ${t("until", { date })}</p>
      <a class="button" href=${url} download="motioncast.mp4"><${Icon} name="download" />${t("download")}</a>
    </div>
  </div>`;
}
