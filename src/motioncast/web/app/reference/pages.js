/** The pages of the reference: overview, one operation, errors, webhooks. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { session } from "../session.js";
import { CodeTabs, CopyButton } from "../ui.js";
import { contentOf, failuresOf, objectIn, plain } from "./document.js";
import { Method } from "./outline.js";
import { KeyField, Runner } from "./runner.js";
import { Examples, Failures, FieldRow, Fields, Prose, Words } from "./schema_view.js";
import { text } from "./text.js";

export function OverviewPage({ document, operations, groups }) {
  const t = useText(text);
  return html`<div class="stack reading">
    <h1 tabindex="-1">${t("title")}</h1>
    <${Prose} source=${document.info.description} operations=${operations} />
    <div class="card stack">
      <div class="row"><strong>${t("base")}</strong><code>${location.origin}</code><${CopyButton} value=${location.origin} /></div>
      <div class="row">
        <a class="button small" href="/openapi.json" download="openapi.json">${t("download")}</a>
        <span class="soft small-text">OpenAPI ${document.openapi} · Motioncast ${document.info.version}</span>
      </div>
      ${!session().key && html`<${KeyField} />`}
    </div>
    ${groups.map(({ name, description, operations: listed }) => html`<section key=${name} class="group" lang="en">
      <h2>${name}</h2>
      <p class="soft">${description}</p>
      <ul>${listed.map((one) => html`<li key=${one.operationId}><a href=${"#/" + one.operationId}>
        <${Method} method=${one.method} /><strong>${one.summary}</strong><code>${one.path}</code>
      </a></li>`)}</ul>
    </section>`)}
  </div>`;
}

export function OperationPage({ document, operations, operation }) {
  const t = useText(text);
  return html`<article class="operation">
    <header class="stack">
      <h1 tabindex="-1" lang="en">${operation.summary}</h1>
      <p class="endpoint"><${Method} method=${operation.method} /><code class="wraps">${operation.path}</code>
        ${!operation.security.length && html`<span class="badge">${t("noKey")}</span>`}</p>
      <${Prose} source=${operation.description} operations=${operations} />
    </header>
    <div class="stack"><${Runner} document=${document} operation=${operation} /></div>
    <div class="stack">
      <${Parameters} document=${document} title=${t("parameters")} parameters=${operation.parameters} />
      <${Content} document=${document} title=${t("body")} node=${operation.requestBody} />
      <${Success} document=${document} operation=${operation} />
      <section><h2>${t("failures")}</h2><${Failures} failures=${failuresOf(document, operation)} /></section>
    </div>
  </article>`;
}

export function ErrorsPage({ document }) {
  const t = useText(text);
  const codes = document["x-prediction-codes"].map(({ code, cause, cure }) => ({ status: code, when: cause, cure, error_code: "", message: "" }));
  return html`<div class="stack reading">
    <h1 tabindex="-1">${t("errors")}</h1>
    <section><h2>${t("requestErrors")}</h2><p>${t("requestErrorsText")}</p><${Failures} failures=${document["x-request-problems"]} /></section>
    <section><h2>${t("codes")}</h2><p>${t("codesText")}</p><${Failures} failures=${codes} /></section>
  </div>`;
}

export function WebhooksPage({ document, operations }) {
  const t = useText(text);
  return html`<div class="stack reading">
    <h1 tabindex="-1">${t("webhooks")}</h1>
    ${Object.values(document.webhooks).map(({ post }) => html`<div key=${post.operationId} class="stack">
      <${Prose} source=${post.description} operations=${operations} />
      <section class="stack"><h2>${t("verify")}</h2><${CodeTabs} label=${t("verify")} sources=${post["x-codeSamples"].map(({ lang, source }) => [lang, source])} /></section>
      <section class="stack"><h2>${t("delivery")}</h2><${Examples} examples=${contentOf(document, post.requestBody).examples} /></section>
      <${Parameters} document=${document} title=${t("headers")} parameters=${post.parameters} />
      <${Content} document=${document} title=${t("body")} node=${post.requestBody} received />
      <section><h2>${t("replies")}</h2><ul class="failures">${Object.entries(post.responses).map(([status, { description }]) => html`<li key=${status}>
        <div><span class="badge">${status}</span></div><p><${Words} source=${description} /></p></li>`)}</ul></section>
    </div>`)}
  </div>`;
}

function Parameters({ document, title, parameters }) {
  if (!parameters.length) return null;
  return html`<section><h2>${title}</h2><ul class="fields" lang="en">
    ${parameters.map(({ name, in: place, schema, required, description }) => html`<${FieldRow} key=${name} document=${document}
      name=${name} node=${schema} required=${required} description=${description ?? ""} place=${place} />`)}
  </ul></section>`;
}

function Content({ document, title, node, received = false }) {
  const content = contentOf(document, node);
  if (!content) return null;
  return html`<section><h2>${title} <span class="soft small-text">${content.type}</span></h2>
    <${Prose} source=${content.schema.description} />
    ${content.schema.properties && html`<${Fields} document=${document} schema=${content.schema} received=${received} />`}
  </section>`;
}

function Success({ document, operation }) {
  const t = useText(text);
  const content = contentOf(document, operation.responses[200]);
  const data = content.schema.properties?.data;
  const found = data && plain(document, data);
  const objects = found ? (found.variants ?? [found]).map((part) => objectIn(document, part)) : [];
  return html`<section class="stack"><h2>${t("answer")} <span class="soft small-text">${data ? t("data") : content.type}</span></h2>
    <${Examples} examples=${content.examples} />
    ${objects.map((schema) => html`<details key=${schema.title}><summary>${t("fieldsOf", { name: schema.title })}</summary>
      <${Prose} source=${schema.description} /><${Fields} document=${document} schema=${schema} depth=${1} received /></details>`)}
  </section>`;
}
