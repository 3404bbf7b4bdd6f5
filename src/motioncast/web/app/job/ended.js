/** Jobs without a video: failed, cancelled, too slow, or not there. */
import { html } from "/web/vendor/preact.js";
import { useModel } from "../create/use_model.js";
import { saveDraft } from "../drafts.js";
import { useText } from "../i18n.js";
import { go } from "../router.js";
import { inLanguage } from "../server_sentences.js";
import { Icon, Notice } from "../ui.js";
import { EngineNote } from "./engine_note.js";
import { Inputs } from "./previews.js";
import { Resubmit } from "./resubmit.js";
import { draftOf, inputsOf } from "./same_inputs.js";
import { text } from "./text.js";

const ADVISED = new Set([1200, 1401, 1402, 1403, 1405, 1407, 5000, 5003, 5004]);

/** A prediction that ended as failed, cancelled or timeout. */
export function Ended({ prediction }) {
  const t = useText(text);
  const offered = useModel();
  const { status, error, code, input } = prediction;
  const sentence = error.replace(/^\d+: /, "");
  return html`<div class="stack">
    <${Notice} kind=${status === "cancelled" ? "info" : "error"} title=${t(`${status}_title`)}>
      <p>${inLanguage(sentence)}</p>
      ${ADVISED.has(code) && html`<p>${t(`advice_${code}`)}</p>`}
      <p class="soft">${t("nothing_charged")}${code ? html` <a href="/guide/errors.html">${t("code", { code })}</a>` : ""}</p>
    <//>
    ${input ? html`<div class="row">
      <${Resubmit} inputs=${() => inputsOf(prediction, offered)} icon="retry" label=${t("retry")} primary=${code !== 1401 && code !== 1402 && code !== 1200} onSubmitted=${({ id }) => go(`job/${id}`)} />
      <${EditInputs} prediction=${prediction} label=${t("edit")} />
    </div><${EngineNote} prediction=${prediction} offered=${offered} /><${Inputs} input=${input} />` : html`<p class="soft">${t("inputs_gone")}</p>`}
  </div>`;
}

/** Takes a job's inputs back to the composer. */
export function EditInputs({ prediction, label }) {
  const edit = () => {
    saveDraft(draftOf(prediction));
    go("");
  };
  return html`<button type="button" class="button" onClick=${edit}><${Icon} name="spark" />${label}</button>`;
}

/** There is no such job, or the server does not give it. */
export function Missing({ failure }) {
  const t = useText(text);
  return html`<div class="stack">
    ${failure.status === 404
      ? html`<${Notice} kind="warning" title=${t("missing_title")}>${t("missing")}<//>`
      : html`<${Notice} kind="error">${inLanguage(failure.message)}<//>`}
    <div class="row"><a class="button" href="#/history">${t("to_history")}</a><a class="button" href="#/">${t("to_create")}</a></div>
  </div>`;
}
