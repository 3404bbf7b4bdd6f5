/** The interactive API reference: the server's own OpenAPI document, readable and runnable. */
import { html, render, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { fetchFile } from "../api.js";
import { useText } from "../i18n.js";
import { useRoute } from "../router.js";
import { inLanguage } from "../server_sentences.js";
import { Shell } from "../shell.js";
import { Notice, Spinner } from "../ui.js";
import { readDocument } from "./document.js";
import { Outline } from "./outline.js";
import { ErrorsPage, OperationPage, OverviewPage, WebhooksPage } from "./pages.js";
import { text } from "./text.js";

function Reference() {
  const t = useText(text);
  const [current] = useRoute();
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    load().then(setFound, (error) => setProblem(error.message));
  }, []);
  return html`<${Shell} page="docs" home="/" title=${`${titleOf(found, current, t)} · Motioncast`}>
    ${problem && html`<${Notice} kind="error">${t("lost", { problem: inLanguage(problem) })}<//>`}
    ${!found && !problem && html`<${Spinner} />`}
    ${found && html`<div class="reference">
      <${Outline} groups=${found.groups} current=${current} />
      <${Page} key=${current} found=${found} current=${current} />
    </div>`}
  <//>`;
}

let isFirst = true; // the first page leaves the focus where it is

function Page({ found, current }) {
  const t = useText(text);
  const element = useRef();
  useEffect(() => {
    scrollTo(0, 0);
    if (!isFirst) element.current.querySelector("h1").focus();
    isFirst = false;
  }, []);
  const operation = found.operations.get(current);
  const page = { errors: ErrorsPage, webhooks: WebhooksPage }[current] ?? (operation ? OperationPage : OverviewPage);
  return html`<div ref=${element}>
    ${current && page === OverviewPage && html`<${Notice} kind="warning">${t("unknown", { name: current })}<//>`}
    <${page} ...${found} operation=${operation} />
  </div>`;
}

async function load() {
  const answer = await fetchFile("/openapi.json");
  return readDocument(await answer.json());
}

function titleOf(found, current, t) {
  if (current === "errors" || current === "webhooks") return t(current);
  return found?.operations.get(current)?.summary ?? t("title");
}

render(html`<${Reference} />`, document.getElementById("app"));
