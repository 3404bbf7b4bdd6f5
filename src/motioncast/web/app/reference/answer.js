/** What came back: status, time, headers that matter, body, events. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { CopyButton, Notice, Spinner } from "../ui.js";
import { text } from "./text.js";

const LONGEST = 300; // characters of a string that are shown; media as base64 would fill the page
const SHOWN_EVENTS = 100;

export function Answer({ running, result }) {
  const t = useText(text);
  if (!result) return running ? html`<${Spinner} label=${t("sending")} />` : null;
  const { status, ms, headers, text: source, events, problem } = result;
  const { shown, data } = read(source);
  return html`<div class="answer stack">
    <div class="row" role="status">
      ${status && html`<span class="badge ${status < 300 ? "good" : status < 500 ? "warn" : "bad"}">${status}</span>
        <span class="soft small-text">${t("took", { ms })}</span>`}
      ${running && html`<${Spinner} label=${t("sending")} />`}
      ${events.length > 0 && html`<span class="soft small-text">${t("received", { n: events.length })}</span>`}
    </div>
    ${problem && html`<${Notice} kind="warning">${problem}<//>`}
    ${headers?.length > 0 && html`<dl class="headers" aria-label=${t("headers")}>
      ${headers.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>`}
    ${events.length > 0 && html`<${Events} events=${events} />`}
    ${source && html`<pre class="code" tabindex="0" aria-label=${t("answer")}><code>${shown}</code></pre>
      <div class="row"><${CopyButton} value=${pretty(source)} />
        ${data?.urls?.get && html`<a class="button small" href=${"/#/job/" + data.id}>${t("watch")}</a>`}</div>`}
    ${data?.preview && html`<img class="preview" src=${data.preview} alt=${t("preview")} />`}
  </div>`;
}

function Events({ events }) {
  const t = useText(text);
  const preview = events.findLast(({ name }) => name === "preview");
  return html`
    ${preview && html`<img class="preview" src=${preview.data.image} alt=${t("preview")} />`}
    <ol class="events" aria-label=${t("events")} tabindex="0">
      ${events.slice(-SHOWN_EVENTS).map((event) => html`<li><details>
        <summary><span class="badge accent">${event.name}</span> <span class="small-text">${summaryOf(event)}</span></summary>
        <pre class="code" tabindex="0"><code>${JSON.stringify(event.data, shorten, 2)}</code></pre>
      </details></li>`)}
    </ol>
  `;
}

function summaryOf({ name, data }) {
  if (name === "preview") return `frame ${data.frame}`;
  return [data.status, data.stage, data.progress !== undefined && `${Math.round(data.progress * 100)} %`].filter(Boolean).join(" · ");
}

function read(source) {
  try {
    const content = JSON.parse(source);
    return { shown: JSON.stringify(content, shorten, 2), data: content.data };
  } catch {
    return { shown: source, data: null };
  }
}

function pretty(source) {
  try {
    return JSON.stringify(JSON.parse(source), null, 2);
  } catch {
    return source;
  }
}

function shorten(_, value) {
  return typeof value === "string" && value.length > LONGEST ? `${value.slice(0, 60)}… (${value.length} characters)` : value;
}
