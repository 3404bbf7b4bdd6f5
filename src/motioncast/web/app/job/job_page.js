/** The page of one job, from its place in the queue to its finished video. */
import { html, useEffect } from "/web/vendor/preact.js";
import { hasEnded } from "../api.js";
import { moment, useText } from "../i18n.js";
import { CopyButton, Notice, Spinner } from "../ui.js";
import { Ended, Missing } from "./ended.js";
import { Result } from "./result.js";
import { Running } from "./running.js";
import { text } from "./text.js";
import { usePrediction } from "./use_prediction.js";

const BADGES = { completed: "good", failed: "bad", timeout: "bad", cancelled: "", created: "accent", processing: "accent" };

export function JobPage({ id }) {
  const t = useText(text);
  const { prediction, failure, broken, previews } = usePrediction(id);
  useTitle(failure ? null : prediction, t);
  return html`
    <div class="page-head"><${Heading} prediction=${failure ? null : prediction} /></div>
    ${failure ? html`<${Missing} failure=${failure} />` : bodyOf({ prediction, broken, previews, t })}
  `;
}

function bodyOf({ prediction, broken, previews, t }) {
  if (!prediction) {
    return broken
      ? html`<${Notice} kind="warning" title=${t("broken_title")}>${t("broken")}<//>`
      : html`<p class="row soft"><${Spinner} label=${t("loading")} />${t("loading")}</p>`;
  }
  if (!hasEnded(prediction)) return html`<${Running} prediction=${prediction} previews=${previews} broken=${broken} />`;
  return prediction.status === "completed" ? html`<${Result} prediction=${prediction} />` : html`<${Ended} prediction=${prediction} />`;
}

function Heading({ prediction }) {
  const t = useText(text);
  if (!prediction) return html`<div class="job-heading"><h1>${t("title_job")}</h1></div>`; // the same element later: it has the focus
  const { id, status, input, created_at } = prediction;
  return html`
    <div class="job-heading">
      <h1>${t(input ? `title_${input.mode}` : "title_job")}</h1>
      <span class="badge ${BADGES[status]}" role="status">${t(`status_${status}`)}</span>
      <span class="soft small-text">${moment(created_at)}</span>
    </div>
    <span class="job-id soft small-text"><code>${id.slice(0, 8)}…</code><${CopyButton} value=${id} label=${t("copy_id")} class="quiet-button small-text" /></span>
  `;
}

/** The tab says how far the job is: the reader looks elsewhere meanwhile. */
function useTitle(prediction, t) {
  const words = prediction && (hasEnded(prediction) ? t(`status_${prediction.status}`) : `${Math.floor(prediction.progress * 100)}%`);
  useEffect(() => {
    if (words) document.title = `${words} · Motioncast`;
  }, [words]);
}
