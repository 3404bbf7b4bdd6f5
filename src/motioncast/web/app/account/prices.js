/** What a job costs, as the server says. */
import { html } from "/web/vendor/preact.js";
import { get, MODEL, post } from "../api.js";
import { dollars, useText } from "../i18n.js";
import { Answer, Section } from "./section.js";
import { text } from "./text.js";
import { useAnswer } from "./use_answer.js";

const LEAST_S = 5; // seconds in the least price, which is what the server names without a video

export function Prices() {
  const t = useText(text);
  const prices = useAnswer(priceList);
  return html`<${Section} title=${t("prices")}>
    <${Answer} of=${prices}>
      ${(rows) => html`<table class="table">
        <thead><tr>
          <th scope="col">${t("resolution")}</th>
          <th scope="col" class="number">${t("second")}</th>
          <th scope="col" class="number">${t("least")}</th>
        </tr></thead>
        <tbody>${rows.map(
          ([resolution, least]) => html`<tr key=${resolution}>
            <th scope="row">${resolution}</th>
            <td class="number">${dollars(least / LEAST_S)}</td>
            <td class="number">${dollars(least)}</td>
          </tr>`,
        )}</tbody>
      </table>`}
    <//>
    <p class="soft small-text">${t("prices_hint")}</p>
    <p><a href="/guide/operations.html#keys-and-money">${t("guide")}</a></p>
  <//>`;
}

/** [resolution, least price] pairs. */
async function priceList() {
  const [model] = await get("/api/v3/models");
  const { resolution } = model.api_schema.api_schemas[0].request_schema.properties;
  return Promise.all(resolution.enum.map(async (size) => [size, await leastPrice(size)]));
}

async function leastPrice(resolution) {
  return (await post("/api/v3/model/price", { model_id: MODEL, inputs: { resolution } })).price;
}
