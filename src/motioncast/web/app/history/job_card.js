/** One job of the history: picture, state, what it was made of, what to do with it. */
import { html, useState } from "/web/vendor/preact.js";
import { hasEnded, ownFile } from "../api.js";
import { saveDraft } from "../drafts.js";
import { dollars, duration, moment, useText } from "../i18n.js";
import { draftOf } from "../job/same_inputs.js";
import { go } from "../router.js";
import { inLanguage } from "../server_sentences.js";
import { Icon, IconButton, ProgressBar } from "../ui.js";
import { ago } from "./ago.js";
import { text } from "./text.js";

const BADGES = { completed: "good", failed: "bad", timeout: "bad", created: "accent", processing: "accent" };

/** `onPick(range)` selects or unselects the job; with `range`, everything since the last one that was picked. */
export function JobCard({ job, picked, now, onPick, onDelete }) {
  const t = useText(text);
  const name = t("name", { time: moment(job.created_at) });
  const { input = {} } = job;
  return html`<li class="history-card ${picked ? "picked" : ""}">
    <a class="history-thumb" href=${`#/job/${job.id}`} tabindex="-1" aria-hidden="true">
      <${Thumbnail} sources=${picturesOf(job)} />
    </a>
    <label class="history-pick">
      <input type="checkbox" checked=${picked} aria-label=${t("select", { name })} onClick=${(event) => onPick(event.shiftKey)} />
    </label>
    <div class="history-body">
      <div class="history-line">
        <span class="badge ${BADGES[job.status] ?? ""}">${stateOf(job, t)}</span>
        ${job.warnings?.length > 0 && html`<${Warnings} sentences=${job.warnings} />`}
        <time class="soft" datetime=${job.created_at} title=${moment(job.created_at)}>${ago(job.created_at, now)}</time>
      </div>
      ${!hasEnded(job) && html`<${Progress} job=${job} name=${name} />`}
      ${input.prompt && html`<p class="history-prompt" title=${input.prompt}>${input.prompt}</p>`}
      ${job.error && job.status !== "cancelled" && html`<${Reason} error=${job.error} />`}
      <p class="history-facts">${factsOf(job, t).map((fact) => html`<span key=${fact}>${fact}</span><wbr />`)}</p>
      <div class="history-actions">
        <a class="button small" href=${`#/job/${job.id}`} aria-label=${t("open_name", { name })}>${t("open")}</a>
        ${job.input && html`<button type="button" class="button small" onClick=${() => useAgain(job)}><${Icon} name="retry" />${t("again")}</button>`}
        <${IconButton} icon="trash" label=${t("delete_name", { name })} onClick=${onDelete} />
      </div>
    </div>
  </li>`;
}

/** The first of `sources` that is still there. */
function Thumbnail({ sources }) {
  const [gone, setGone] = useState([]);
  const source = sources.find((each) => !gone.includes(each));
  if (!source) return html`<span class="history-blank"><${Icon} name="film" /></span>`;
  return html`<img src=${source} alt="" loading="lazy" decoding="async" onError=${() => setGone([...gone, source])} />`;
}

function Warnings({ sentences }) {
  const t = useText(text);
  const content = sentences.map(inLanguage).join("\n");
  return html`<span class="history-warned" title=${content}>
    <${Icon} name="warning" /><span aria-hidden="true">${sentences.length}</span>
    <span class="sr-only">${t("warnings", { n: sentences.length })}</span>
  </span>`;
}

function Reason({ error }) {
  const sentence = inLanguage(error.replace(/^\d+: /, "")); // its number is on the job's own page
  return html`<p class="history-error" title=${sentence}>${sentence}</p>`;
}

function Progress({ job, name }) {
  const t = useText(text);
  const waiting = job.status === "created";
  return html`<div class="history-progress">
    <${ProgressBar} value=${waiting ? null : job.progress} label=${name} />
    ${job.eta_seconds > 0 && html`<span class="soft">${t("left", { time: duration(job.eta_seconds) })}</span>`}
  </div>`;
}

/** The finished video's picture, then the character that went in. */
function picturesOf({ urls, input }) {
  return [urls?.poster, input?.image].map((url) => url && ownFile(url)).filter(Boolean);
}

function stateOf(job, t) {
  if (job.status === "created" && job.queue_position) return t("place", { n: job.queue_position });
  if (job.status === "processing") return `${t("processing")} ${Math.round((job.progress ?? 0) * 100)} %`;
  return t(job.status);
}

function factsOf({ input = {}, seed, engine, cost, status }, t) {
  return [
    input.mode && t(input.mode),
    input.resolution,
    t("seed", { seed }),
    engine,
    cost ? dollars(cost) : hasEnded({ status }) && t("free"),
  ].filter(Boolean);
}

function useAgain(job) {
  saveDraft(draftOf(job));
  go("");
}
