/** Text, fields and examples of the document as views. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { session } from "../session.js";
import { CodeTabs } from "../ui.js";
import { limitsOf, objectIn, plain, typeName } from "./document.js";
import { text } from "./text.js";

const DEEPEST = 4;

/** Paragraphs, lists and `code` of a description. `operations` turns the name of an operation into a link to it. */
export function Prose({ source, operations }) {
  if (!source) return null;
  return html`<div class="prose" lang="en">
    ${source.split(/\n\n+/).map((block) =>
      block.startsWith("- ")
        ? html`<ul>${block.split(/^- /m).filter(Boolean).map((item) => html`<li><${Words} source=${item} operations=${operations} /></li>`)}</ul>`
        : html`<p><${Words} source=${block} operations=${operations} /></p>`,
    )}
  </div>`;
}

/** One run of text with its `code`. */
export function Words({ source, operations }) {
  return source.split(/`([^`]+)`/).map((part, place) => {
    if (place % 2 === 0) return part;
    return operations?.has(part) ? html`<a href=${"#/" + part}><code>${part}</code></a>` : html`<code>${part}</code>`;
  });
}

/** The properties of an object, nested ones below. In answers (`received`) nothing is said of what must be there. */
export function Fields({ document, schema, depth = 0, received = false }) {
  const required = new Set(schema.required ?? []);
  return html`<ul class="fields" lang="en">
    ${Object.entries(schema.properties).map(
      ([name, node]) => html`<${FieldRow} key=${name} document=${document} name=${name} node=${node} required=${required.has(name)} depth=${depth} received=${received} />`,
    )}
  </ul>`;
}

/** One field or parameter (with its `place`): name, type, whether it must be there, limits, what it means. */
export function FieldRow({ document, name, node, required = false, depth = 0, description, place, received = false }) {
  const t = useText(text);
  const inner = depth < DEEPEST ? objectIn(document, node) : null;
  const limits = limitsOf(document, node);
  const meaning = description ?? plain(document, node).description;
  return html`<li>
    <div class="field-head">
      <code class="field-name">${name}</code>
      <span class="field-type">${typeName(document, node, { optional: !required && !received })}${place && ` · ${place}`}</span>
      ${required && !received && html`<span class="field-required" lang=${session().language}>${t("required")}</span>`}
    </div>
    ${meaning && html`<p><${Words} source=${meaning} /></p>`}
    ${limits.length > 0 && html`<p class="field-limits">${limits.map((limit) => html`<code key=${limit}>${limit}</code>`)}</p>`}
    ${inner && html`<details>
      <summary lang=${session().language}>${t("fieldsOf", { name: inner.title ?? name })}</summary>
      <${Fields} document=${document} schema=${inner} depth=${depth + 1} received=${received} />
    </details>`}
  </li>`;
}

/** Named examples under tabs. */
export function Examples({ examples }) {
  const t = useText(text);
  if (!examples.length) return null;
  const sources = examples.map(([name, { value }]) => [name, typeof value === "string" ? value : JSON.stringify(value, null, 2)]);
  return html`<${CodeTabs} label=${t("example")} sources=${sources} />`;
}

/** Ways to fail: status, meaning, cure, and what the answer says. */
export function Failures({ failures }) {
  const t = useText(text);
  return html`<ul class="failures">
    ${failures.map(({ status, error_code: code, when, cure, message }) => html`<li key=${when}>
      <div><span class="badge ${status < 500 ? "warn" : "bad"}">${status}</span></div>
      <div lang="en">
        <p><strong><${Words} source=${when} /></strong>${code && html` <code>${code}</code>`}</p>
        <p><${Words} source=${cure} /></p>
        ${message && html`<p class="soft small-text"><span lang=${session().language}>${t("says")}</span> “${message}”</p>`}
      </div>
    </li>`)}
  </ul>`;
}
