/** Asks who is signed in already before a link signs in with another key. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { declineKey, masked } from "../session.js";
import { Dialog, Icon, Notice, Spinner } from "../ui.js";
import { text } from "./text.js";
import { useSignIn } from "./use_sign_in.js";

/** `current` is the key that is signed in, `offered` the link's `{ key }`. */
export function SwitchDialog({ current, offered }) {
  const t = useText(text);
  const { failure, busy, signIn } = useSignIn();
  const stay = () => declineKey(offered);
  return html`<${Dialog} open title=${t("switch_title")} onClose=${stay}>
    <p>${t("switch_keys", { current: masked(current), offered: masked(offered.key) })}</p>
    <p>${t("switch_hint")}</p>
    ${failure && html`<${Notice} kind="error">${inLanguage(failure)}<//>`}
    <div class="row dialog-end">
      <button type="button" class="button primary" onClick=${stay}>${t("switch_stay")}</button>
      <button type="button" class="button" disabled=${busy} onClick=${() => signIn(offered.key)}>
        ${busy ? html`<${Spinner} label=${t("checking")} />` : html`<${Icon} name="key" />`}${t("switch_go")}
      </button>
    </div>
  <//>`;
}
