/** The list of operations, with a filter. */
import { html, useEffect, useState } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { text } from "./text.js";

const WIDE = matchMedia("(min-width: 861px)");

/** Beside the page; on a phone above it, folded up. */
export function Outline({ groups, current }) {
  const t = useText(text);
  const [wide, setWide] = useState(WIDE.matches);
  useEffect(() => {
    const listener = () => setWide(WIDE.matches);
    WIDE.addEventListener("change", listener);
    return () => WIDE.removeEventListener("change", listener);
  }, []);
  const list = html`<${List} groups=${groups} current=${current} />`;
  // with the current page as its key it is folded up again after a choice
  return wide ? html`<div class="outline">${list}</div>` : html`<details class="outline" key=${current}><summary>${t("all")}</summary>${list}</details>`;
}

function List({ groups, current }) {
  const t = useText(text);
  const [wanted, setWanted] = useState("");
  const found = groups.map((group) => ({ ...group, operations: group.operations.filter((one) => fits(one, wanted)) })).filter((group) => group.operations.length);
  const link = (path, content) => html`<a href=${"#/" + path} aria-current=${current === path ? "page" : undefined}>${content}</a>`;
  return html`<nav aria-label=${t("all")}>
    <input class="input" type="search" aria-label=${t("filter")} placeholder=${t("filter")} value=${wanted} onInput=${(event) => setWanted(event.target.value)} />
    ${!wanted && html`<ul><li>${link("", t("overview"))}</li></ul>`}
    ${found.map(({ name, operations }) => html`<div key=${name} lang="en">
      <h2>${name}</h2>
      <ul>${operations.map((one) => html`<li key=${one.operationId}>${link(one.operationId, html`<${Method} method=${one.method} />${one.summary}`)}</li>`)}</ul>
    </div>`)}
    ${wanted && !found.length && html`<p class="soft small-text" role="status">${t("nothing")}</p>`}
    ${!wanted && html`<ul class="outline-rest"><li>${link("errors", t("errors"))}</li><li>${link("webhooks", t("webhooks"))}</li></ul>`}
  </nav>`;
}

/** The method of an operation as a badge. */
export function Method({ method }) {
  return html`<span class="method ${method}">${method === "delete" ? "DEL" : method.toUpperCase()}</span>`;
}

function fits({ operationId, summary, description = "", path }, wanted) {
  const words = `${operationId} ${summary} ${description} ${path}`.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}
