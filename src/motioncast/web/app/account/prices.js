/** What a job costs, as the server says. */
import { html } from "/web/vendor/preact.js";
import { get } from "../api.js";
import { dollars, useText } from "../i18n.js";
import { Answer, Section } from "./section.js";
import { text } from "./text.js";
import { useAnswer } from "./use_answer.js";

export function Prices() {
  const t = useText(text);
  const models = useAnswer(() => get("/api/v3/models"));
  return html`<${Section} title=${t("prices")}>
    <${Answer} of=${models}>${([{ prices }]) => prices && html`<${PriceList} ...${prices} />`}<//>
    <p><a href="/guide/operations.html#keys-and-money">${t("guide")}</a></p>
  <//>`;
}

function PriceList({ billing, least_s, most_s, per_second }) {
  const t = useText(text);
  if (!billing) return html`<p>${t("free")}</p>`;
  return html`
    <table class="table">
      <thead><tr>
        <th scope="col">${t("resolution")}</th>
        <th scope="col" class="number">${t("second")}</th>
        <th scope="col" class="number">${t("least")}</th>
      </tr></thead>
      <tbody>${Object.entries(per_second).map(
        ([resolution, rate]) => html`<tr key=${resolution}>
          <th scope="row">${resolution}</th>
          <td class="number">${dollars(rate)}</td>
          <td class="number">${dollars(rate * least_s)}</td>
        </tr>`,
      )}</tbody>
    </table>
    <p class="soft small-text">${t("prices_hint", { least: least_s, most: most_s })}</p>
  `;
}
