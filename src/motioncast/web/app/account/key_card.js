/** The key that is signed in. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { masked, signOut, useSession } from "../session.js";
import { CopyButton, Icon } from "../ui.js";
import { Section } from "./section.js";
import { text } from "./text.js";

export function KeyCard() {
  const t = useText(text);
  const { key } = useSession();
  const [before, after] = t("key_hint", { header: "\0" }).split("\0");
  return html`<${Section} title=${t("key")}>
    <p class="key-line"><code>${masked(key)}</code><${CopyButton} value=${key} label=${t("copy_key")} /></p>
    <p class="soft small-text">${before}<code>Authorization: Bearer …</code>${after}</p>
    <div class="soft small-text">
      <p>${t("key_more")}</p>
      <p><code>motioncast keys create | list | revoke</code></p>
    </div>
    <div><button type="button" class="button" onClick=${signOut}><${Icon} name="out" />${t("out")}</button></div>
  <//>`;
}
