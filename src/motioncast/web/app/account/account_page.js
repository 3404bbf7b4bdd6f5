/** The account: what is left, what was spent on what, its key, and what things cost. */
import { html } from "/web/vendor/preact.js";
import { get, post } from "../api.js";
import { dollars, locale, useText } from "../i18n.js";
import { Charges } from "./charges.js";
import { lastDays, sum, thisMonth } from "./days.js";
import { KeyCard } from "./key_card.js";
import { Prices } from "./prices.js";
import { Answer, Section } from "./section.js";
import { text } from "./text.js";
import { Usage } from "./usage.js";
import { useAnswer } from "./use_answer.js";

export function AccountPage() {
  const t = useText(text);
  const balance = useAnswer(() => get("/api/v3/balance"));
  const usage = useAnswer(async () => lastDays(await post("/api/v3/user/usage_stats")));
  return html`
    <div class="page-head"><h1>${t("title")}</h1></div>
    <div class="account stack">
      <${Tiles} balance=${balance.answer?.balance} days=${usage.answer} />
      <${Section} title=${t("usage")}>
        <${Answer} of=${usage}>${(days) => html`<${Usage} days=${days} />`}<//>
      <//>
      <div class="account-columns">
        <${Charges} />
        <div class="stack"><${KeyCard} /><${Prices} /></div>
      </div>
    </div>
  `;
}

function Tiles({ balance, days }) {
  const t = useText(text);
  const month = days && thisMonth(days);
  const count = (name) => month && sum(month, name).toLocaleString(locale());
  return html`<dl class="tiles">
    <${Tile} label=${t("balance")} value=${balance === undefined ? null : dollars(balance)} />
    <${Tile} label=${t("spent")} value=${month && dollars(sum(month, "cost"))} />
    <${Tile} label=${t("jobs")} value=${count("jobs")} />
    <${Tile} label=${t("completed")} value=${count("completed")} />
  </dl>`;
}

function Tile({ label, value }) {
  return html`<div class="card"><dt>${label}</dt><dd>${value ?? "–"}</dd></div>`;
}
