/** Running an operation: form, confirmation, the answer as it comes, and the same request as code. */
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { setKey, useSession } from "../session.js";
import { moneyMoved } from "../shell.js";
import { CodeTabs, Dialog, Field, Icon, Notice, Segmented } from "../ui.js";
import { Answer } from "./answer.js";
import { contentOf } from "./document.js";
import { FileBox, JsonBox, ValueField } from "./form_fields.js";
import { buildRequest, missingIn, send } from "./request.js";
import { snippetsOf } from "./snippets.js";
import { text } from "./text.js";

const DANGEROUS = /^(delete|cancel)/;
/** Values that a later operation needs, from the answers so far: the id of a prediction, the parts of a ticket. */
const remembered = {};

export function Runner({ document, operation }) {
  const t = useText(text);
  const { key } = useSession();
  const [form, setForm] = useState(() => ({ values: { ...remembered }, body: {}, file: null }));
  const [missing, setMissing] = useState([]);
  const [asking, setAsking] = useState(false);
  const { run, stop, running, result } = useRun();
  const content = contentOf(document, operation.requestBody);
  const request = buildRequest(operation, form);
  const change = (part) => {
    setMissing([]);
    setForm((before) => ({ ...before, ...part(before) }));
  };
  const onSubmit = (event) => {
    event.preventDefault();
    const found = missingIn(operation, content?.schema, form);
    setMissing(found);
    if (found.length || !event.target.reportValidity()) return;
    if (DANGEROUS.test(operation.operationId)) setAsking(true);
    else run(request, key);
  };
  return html`<section class="card stack runner" aria-labelledby="try-it">
      <h2 id="try-it">${t("tryIt")}</h2>
      ${request.needsKey && !key && html`<${KeyField} />`}
      <form class="stack" onSubmit=${onSubmit} novalidate>
        <${Inputs} document=${document} operation=${operation} content=${content} form=${form} change=${change} />
        ${operation.operationId === "submit" && html`<p class="soft small-text">${t("runs")}</p>`}
        ${missing.length > 0 && html`<${Notice} kind="error">${t("missing", { names: missing.join(", ") })}<//>`}
        <div class="row">
          <button class="button primary" disabled=${running || (request.needsKey && !key)}><${Icon} name="play" />${t("run")}</button>
          ${running && html`<button type="button" class="button" onClick=${stop}><${Icon} name="stop" />${t("stop")}</button>`}
        </div>
      </form>
      <${Answer} running=${running} result=${result} />
      <${Dialog} open=${asking} title=${t("sure", { name: operation.summary })} onClose=${() => setAsking(false)}>
        <p>${t("sureText")}</p>
        <p><code class="wraps">${request.method} ${request.path}</code></p>
        <div class="row">
          <button type="button" class="button danger" onClick=${() => (setAsking(false), run(request, key))}>${t("run")}</button>
          <button type="button" class="button" onClick=${() => setAsking(false)}>${t("cancel")}</button>
        </div>
      <//>
    </section>
    <section class="stack" aria-labelledby="as-code">
      <h2 id="as-code">${t("code")}</h2>
      <${CodeTabs} label=${t("code")} sources=${snippetsOf(operation, request)} />
      ${request.needsKey && html`<p class="soft small-text">${t("codeHint")}</p>`}
    </section>`;
}

function Inputs({ document, operation, content, form, change }) {
  const t = useText(text);
  const setValue = (name, value) => change(({ values }) => ({ values: { ...values, [name]: value } }));
  const { parameters } = operation;
  const boxes = parameters.map(
    ({ name, schema, required }) => html`<${ValueField} key=${name} document=${document} name=${name} node=${schema} required=${required}
      value=${form.values[name]} onChange=${(value) => setValue(name, value)} />`,
  );
  const areAside = content && !parameters.some(({ required }) => required);
  return html`
    ${!areAside && boxes}
    ${content?.type === "application/json" && html`<${BodyField} document=${document} schema=${content.schema} body=${form.body}
      onChange=${(body) => change(() => ({ body }))} />`}
    ${content && content.type !== "application/json" && html`<${FileBox} file=${form.file}
      onChange=${(file) => change(() => ({ file }))} />`}
    ${areAside && boxes.length > 0 && html`<details class="aside">
      <summary>${t("parameters")}: ${parameters.map(({ name }) => name).join(", ")}</summary>
      <div class="stack">${boxes}</div>
    </details>`}
  `;
}

function BodyField({ document, schema, body, onChange }) {
  const t = useText(text);
  const [as, setAs] = useState("form");
  const required = new Set(schema.required ?? []);
  const setField = (name, value) => {
    const { [name]: _, ...rest } = body;
    onChange(value === undefined ? rest : { ...body, [name]: value });
  };
  return html`<${Segmented} label=${t("body")} value=${as} options=${[["form", t("form")], ["json", t("json")]]} onChange=${setAs} />
    ${as === "json"
      ? html`<${Field} label=${t("json")}>${(props) => html`<${JsonBox} props=${props} value=${body} rows="10" onlyObjects onChange=${(value) => onChange(value ?? {})} />`}<//>`
      : Object.entries(schema.properties).map(
          ([name, node]) => html`<${ValueField} key=${name} document=${document} name=${name} node=${node} required=${required.has(name)}
            value=${body[name]} onChange=${(value) => setField(name, value)} />`,
        )}`;
}

/** For those who are not signed in. */
export function KeyField() {
  const t = useText(text);
  const { refusal } = useSession();
  const [written, setWritten] = useState("");
  const use = (event) => {
    event.preventDefault();
    if (written.trim()) setKey(written.trim());
  };
  return html`<form class="key-field" onSubmit=${use}>
    <${Field} label=${t("key")} hint=${t("keyHint")} problem=${refusal}>
      ${(props) => html`<input type="password" ...${props} placeholder="mc-…" autocomplete="off" value=${written} onInput=${(event) => setWritten(event.target.value)} />`}
    <//>
    <button class="button">${t("useKey")}</button>
  </form>`;
}

/** Sends one request at a time; leaving the page ends it. */
function useRun() {
  const t = useText(text);
  const [running, setRunning] = useState(false);
  const [result, setResult] = useState(null);
  const line = useRef();
  useEffect(() => () => line.current?.abort(), []);
  const run = async (request, key) => {
    line.current = new AbortController();
    const { signal } = line.current;
    setRunning(true);
    setResult(null);
    const onHead = (head) => setResult({ ...head, events: [] });
    const onEvent = (event) => setResult((before) => ({ ...before, events: [...before.events, event] }));
    try {
      const answer = await send(request, key, { signal, onHead, onEvent });
      setResult((before) => ({ ...before, ...answer }));
      keep(answer);
      if (request.method !== "GET") moneyMoved.dispatchEvent(new Event("moved"));
    } catch {
      setResult((before) => ({ events: [], ...before, problem: signal.aborted ? t("stopped") : t("noAnswer") }));
    }
    setRunning(false);
  };
  return { run, stop: () => line.current.abort(), running, result };
}

function keep({ status, text: source }) {
  if (status !== 200 || !source) return;
  const { data } = JSON.parse(source);
  if (data.urls?.get) remembered.prediction_id = data.id;
  const ticket = /\/m\/(\w+)\.(\w+)\?t=([^&]+)$/.exec(data.upload?.url ?? "");
  if (ticket) [, remembered.upload_id, remembered.extension, remembered.t] = ticket;
}
