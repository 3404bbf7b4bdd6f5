/** Charges and refunds, newest first, page by page. */
import { html, useState } from "/web/vendor/preact.js";
import { post } from "../api.js";
import { dollars, locale, moment, useText } from "../i18n.js";
import { Answer, Section } from "./section.js";
import { text } from "./text.js";
import { useAnswer } from "./use_answer.js";

const PAGE_SIZE = 10;

export function Charges() {
  const t = useText(text);
  const [page, turn] = useState(1);
  const found = useAnswer(() => post("/api/v3/billings/search", { page, page_size: PAGE_SIZE }), [page]);
  return html`<${Section} title=${t("charges")}>
    <p class="soft small-text">${t("charges_hint")}</p>
    <${Answer} of=${found}>
      ${({ items, total }) =>
        total
          ? html`<${Table} items=${items} /><${Pager} page=${page} total=${total} onTurn=${turn} />`
          : html`<p>${t("no_charges")}</p>`}
    <//>
  <//>`;
}

function Table({ items }) {
  const t = useText(text);
  return html`<table class="table charges">
    <thead><tr>
      <th scope="col">${t("when")}</th><th scope="col">${t("kind")}</th><th scope="col" class="number">${t("amount")}</th>
      <th scope="col">${t("job")}</th><th scope="col" class="wide">${t("with_key")}</th>
    </tr></thead>
    <tbody>${items.map((item) => html`<${Row} key=${item.uuid} ...${item} />`)}</tbody>
  </table>`;
}

function Row({ billing_type, price, created_at, prediction, access_key_name }) {
  const t = useText(text);
  const refund = billing_type === "refund";
  return html`<tr>
    <td><${When} at=${created_at} /></td>
    <td><span class="badge ${refund ? "good" : ""}">${t(billing_type)}</span></td>
    <td class="number">${refund ? "+" : "−"}${dollars(price)}</td>
    <td>
      ${prediction.status === "deleted"
        ? html`<span class="soft">${t("gone")}</span>`
        : html`<a href=${`#/job/${prediction.uuid}`}><code>${prediction.uuid.slice(0, 8)}</code></a>`}
    </td>
    <td class="wide">${access_key_name}</td>
  </tr>`;
}

/** Day and time, short; a narrow page sets one below the other. */
function When({ at }) {
  const date = new Date(at);
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return html`<time class="charge-when" datetime=${at} title=${moment(at)}>
    <span>${date.toLocaleDateString(locale(), { year, month: "short", day: "numeric" })}</span>${" "}
    <span>${date.toLocaleTimeString(locale(), { timeStyle: "short" })}</span>
  </time>`;
}

function Pager({ page, total, onTurn }) {
  const t = useText(text);
  const pages = Math.ceil(total / PAGE_SIZE);
  if (pages < 2) return null;
  return html`<div class="row pager">
    <button type="button" class="button small" disabled=${page <= 1} onClick=${() => onTurn(page - 1)}>${t("newer")}</button>
    <span class="soft small-text" role="status">${t("page", { page, pages })}</span>
    <button type="button" class="button small" disabled=${page >= pages} onClick=${() => onTurn(page + 1)}>${t("older")}</button>
  </div>`;
}
