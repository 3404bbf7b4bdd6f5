/** What stands in the player's place where the video does not play. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { Notice } from "../ui.js";
import { text } from "./player_text.js";

/** `trouble` is what `whyLost` has found; `onAgain()` plays it anew. What to do about one that is gone is in `children`. */
export function Trouble({ trouble: { gone, message }, onAgain, children }) {
  const t = useText(text);
  if (gone) {
    return html`<${Notice} kind="warning" title=${t("gone")}>${message && html`<p>${inLanguage(message)}</p>`}${children}<//>`;
  }
  return html`<${Notice} kind="error" title=${t(message ? "broken_off" : "unplayable")}>
    <p>${message ? inLanguage(message) : t("unplayable_hint")}</p>
    <button type="button" class="button small player-again" onClick=${onAgain}>${t("again")}</button>
  <//>`;
}
