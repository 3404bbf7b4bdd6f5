/** The last 31 days: two charts, and the same as a table. */
import { html } from "/web/vendor/preact.js";
import { dollars, locale, useText } from "../i18n.js";
import { BarChart } from "./bar_chart.js";
import { dayName, sum } from "./days.js";
import { text } from "./text.js";

export function Usage({ days }) {
  const t = useText(text);
  const count = (number) => number.toLocaleString(locale());
  return html`
    <div class="charts">
      <${BarChart}
        title=${t("cost_chart")} days=${days} hint=${t("keys")} scale=${dollars}
        heightOf=${(day) => day.cost}
        tell=${({ date, cost }) => t("cost_day", { day: dayName(date), cost: dollars(cost) })}
        summary=${t("cost_sum", { cost: dollars(sum(days, "cost")) })}
      />
      <${BarChart}
        title=${t("jobs_chart")} days=${days} hint=${t("keys")} scale=${count} whole
        heightOf=${(day) => day.jobs} solidOf=${(day) => day.completed}
        tell=${({ date, jobs, completed }) => t("jobs_day", { day: dayName(date), total: count(jobs), completed: count(completed) })}
        summary=${t("jobs_sum", { total: count(sum(days, "jobs")), completed: count(sum(days, "completed")) })}
      />
    </div>
    <p class="chart-legend soft small-text">
      <span><i class="solid"></i>${t("legend_completed")}</span><span><i class="rest"></i>${t("legend_other")}</span>
      <span>${t("utc")}</span>
    </p>
    <details class="chart-table"><summary>${t("table")}</summary><${DayTable} days=${days.filter(({ jobs }) => jobs)} /></details>
  `;
}

function DayTable({ days }) {
  const t = useText(text);
  if (!days.length) return html`<p class="soft">${t("unused")}</p>`;
  return html`<table class="table">
    <thead><tr>
      <th scope="col">${t("day")}</th><th scope="col" class="number">${t("col_jobs")}</th>
      <th scope="col" class="number">${t("col_completed")}</th><th scope="col" class="number">${t("cost")}</th>
    </tr></thead>
    <tbody>${days.toReversed().map(
      ({ date, jobs, completed, cost }) => html`<tr key=${date}>
        <th scope="row">${dayName(date)}</th><td class="number">${jobs}</td><td class="number">${completed}</td>
        <td class="number">${dollars(cost)}</td>
      </tr>`,
    )}</tbody>
  </table>`;
}
