/** Everything the account has made: search, filter, open, use again, delete. */
import { html, useEffect, useMemo, useState } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { Icon, Notice, Segmented, Spinner } from "../ui.js";
import { useNow } from "./ago.js";
import { DeleteDialog } from "./delete_dialog.js";
import { JobCard } from "./job_card.js";
import { useJobs } from "./job_list.js";
import { fits, STATUSES } from "./matching.js";
import { useSelection } from "./selection.js";
import { text } from "./text.js";

const ENOUGH = 24; // finds that fill a screen: until then, older jobs are looked through as well

export function HistoryPage() {
  const t = useText(text);
  const jobs = useJobs();
  const [words, search] = useState("");
  const [status, filter] = useState("all");
  const shown = useMemo(() => jobs.items.filter((job) => fits(job, status, words)), [jobs.items, status, words]);
  const narrowed = words.trim() !== "" || status !== "all";
  const digging = narrowed && shown.length < ENOUGH && jobs.remaining > 0 && !jobs.failure;
  useEffect(() => {
    if (digging && !jobs.loading) jobs.more();
  }, [digging, jobs.loading]);
  const showAll = () => {
    search("");
    filter("all");
  };
  if (jobs.known && !jobs.items.length && !jobs.remaining) return html`<${Head} /><${Empty} />`;
  return html`
    <${Head} />
    <div class="history-tools">
      <${Search} words=${words} onInput=${search} />
      <${Segmented} label=${t("status")} value=${status} options=${STATUSES.map((each) => [each, t(each)])} onChange=${filter} />
    </div>
    ${jobs.failure && html`<${Failure} ...${jobs} />`}
    ${!jobs.known && jobs.loading && html`<p class="history-wait"><${Spinner} label=${t("loading")} /></p>`}
    <${Grid} jobs=${jobs} shown=${shown} />
    ${jobs.known && !shown.length && !digging && html`<${Nothing} onClear=${showAll} />`}
    <${More} jobs=${jobs} shown=${shown.length} digging=${digging} />
  `;
}

function Failure({ failure, loading, more }) {
  const t = useText(text);
  return html`<div class="history-failure"><${Notice} kind="error">
    <p>${t("stale", { message: inLanguage(failure.message) })}</p>
    <button type="button" class="button small" disabled=${loading} onClick=${more}>${t("retry")}</button>
  <//></div>`;
}

function Head() {
  const t = useText(text);
  return html`<div class="page-head">
    <h1>${t("title")}</h1>
    <a class="button primary" href="#/"><${Icon} name="plus" />${t("new")}</a>
  </div>`;
}

function Search({ words, onInput }) {
  const t = useText(text);
  return html`<label class="history-search">
    <span>${t("search")}</span>
    <${Icon} name="search" />
    <input class="input" type="search" value=${words} placeholder=${t("search_hint")} onInput=${(event) => onInput(event.target.value)} />
  </label>`;
}

function Grid({ jobs, shown }) {
  const t = useText(text);
  const now = useNow();
  const { picked, pick, pickAll, clear } = useSelection(shown);
  const [doomed, doom] = useState([]);
  const [deleted, setDeleted] = useState(null);
  const doomPicked = () => doom(shown.filter(({ id }) => picked.includes(id)));
  const onKeyDown = (event) => {
    if (event.key === "Escape") clear();
    else if (event.key === "Delete" && picked.length) doomPicked();
  };
  const onDeleted = (n) => {
    setDeleted({ n });
    clear();
  };
  useEffect(() => {
    if (deleted) document.getElementById("main").focus(); // the button that had the focus is gone
  }, [deleted]);
  return html`
    <p class="sr-only" role="status">${deleted && t("deleted", deleted)}</p>
    <${SelectionBar} count=${picked.length} onAll=${pickAll} onClear=${clear} onDelete=${doomPicked} />
    <ul class="history-grid" onKeyDown=${onKeyDown}>
      ${shown.map(
        (job) => html`<${JobCard}
          key=${job.id} job=${job} now=${now} picked=${picked.includes(job.id)}
          onPick=${(range) => pick(job.id, range)} onDelete=${() => doom([job])}
        />`,
      )}
    </ul>
    <${DeleteDialog} jobs=${doomed} onDelete=${jobs.remove} onDeleted=${onDeleted} onClose=${() => doom([])} />
  `;
}

function SelectionBar({ count, onAll, onClear, onDelete }) {
  const t = useText(text);
  return html`<div class="history-selection" hidden=${!count}>
    <strong aria-live="polite">${count > 0 && t("selected", { n: count })}</strong>
    <button type="button" class="button small" onClick=${onAll}>${t("select_all")}</button>
    <button type="button" class="button small" onClick=${onClear}>${t("unselect")}</button>
    <button type="button" class="button small danger" onClick=${onDelete}><${Icon} name="trash" />${t("delete")}</button>
  </div>`;
}

function More({ jobs, shown, digging }) {
  const t = useText(text);
  if (!jobs.known) return null;
  return html`<div class="history-more">
    <span class="soft small-text" role="status">
      ${digging ? t("searching") : t("counted", { shown, total: jobs.items.length + jobs.remaining })}
    </span>
    ${jobs.remaining > 0 && html`<button type="button" class="button" disabled=${jobs.loading} onClick=${jobs.more}>
      ${jobs.loading && html`<${Spinner} />`}${t("more")}
    </button>`}
  </div>`;
}

function Nothing({ onClear }) {
  const t = useText(text);
  return html`<div class="history-empty">
    <strong>${t("nothing")}</strong>
    <p class="soft">${t("nothing_hint")}</p>
    <button type="button" class="button" onClick=${onClear}>${t("clear")}</button>
  </div>`;
}

function Empty() {
  const t = useText(text);
  return html`<div class="card history-empty">
    <${Icon} name="film" />
    <h2>${t("empty")}</h2>
    <p class="soft">${t("empty_hint")}</p>
    <a class="button primary" href="#/"><${Icon} name="spark" />${t("create")}</a>
  </div>`;
}
