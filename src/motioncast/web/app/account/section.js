/** A titled part of the page that waits for an answer of the server. */
import { html, useId } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { Notice, Spinner } from "../ui.js";
import { text } from "./text.js";

export function Section({ title, children }) {
  const id = useId();
  return html`<section class="card stack" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    ${children}
  </section>`;
}

/** `children(answer)` once there is one; until then a spinner, and what failed with a way to try again. */
export function Answer({ of: { answer, failure, again }, children }) {
  const t = useText(text);
  return html`
    ${failure && html`<${Notice} kind="error">
      <p>${inLanguage(failure.message)}</p>
      <button type="button" class="button small" onClick=${again}>${t("retry")}</button>
    <//>`}
    ${answer ? children(answer) : !failure && html`<p><${Spinner} label=${t("loading")} /></p>`}
  `;
}
