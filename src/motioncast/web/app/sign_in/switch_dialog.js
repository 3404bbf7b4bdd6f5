/** Asks who is signed in already before a link signs in with another key. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { declineKey, masked } from "../session.js";
import { Dialog, Icon, Notice, Spinner } from "../ui.js";
import { text } from "./text.js";
import { useSignIn } from "./use_sign_in.js";

/** `current` and `offered` are the two keys. */
export function SwitchDialog({ current, offered }) {
  const t = useText(text);
  const { failure, busy, signIn } = useSignIn();
  return html`<${Dialog} open title=${t("switch_title")} onClose=${declineKey}>
    <p>${t("switch_keys", { current: masked(current), offered: masked(offered) })}</p>
    <p>${t("switch_hint")}</p>
    ${failure && html`<${Notice} kind="error">${inLanguage(failure)}<//>`}
    <div class="row dialog-end">
      <button type="button" class="button primary" onClick=${declineKey}>${t("switch_stay")}</button>
      <button type="button" class="button" disabled=${busy} onClick=${() => signIn(offered)}>
        ${busy ? html`<${Spinner} label=${t("checking")} />` : html`<${Icon} name="key" />`}${t("switch_go")}
      </button>
    </div>
  <//>`;
}
