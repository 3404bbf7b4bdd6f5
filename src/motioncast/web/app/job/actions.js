/** What to do with a finished video: keep it, pass it on. */
import { html } from "/web/vendor/preact.js";
import { moment, useText } from "../i18n.js";
import { CopyButton, Icon } from "../ui.js";
import { isLoopback } from "./output.js";
import { text } from "./text.js";

/** `output` is {url, expires, watch}; one without an address can only be downloaded. */
export function Actions({ output, file }) {
  const t = useText(text);
  const { url, expires, watch } = output;
  return html`<section class="card stack result-actions" aria-label=${t("actions")}>
    <a class="button primary" href=${url} download=${file}><${Icon} name="download" />${t("download")}</a>
    ${watch && html`
      <${CopyButton} class="button" value=${`${location.origin}${location.pathname}#/${watch}`} label=${t("share")} />
      <${CopyButton} class="button" value=${location.origin + url} label=${t("direct")} />
      <p class="soft small-text">${t("share_hint", { date: moment(expires) })}</p>
      ${isLoopback(location.hostname) && html`<p class="soft small-text">${t("share_local", { host: location.host })}</p>`}
    `}
  </section>`;
}
