/** Price, time and warnings of the job, before it is submitted. */
import { html } from "/web/vendor/preact.js";
import { dollars, duration, useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { Icon, Notice, Spinner } from "../ui.js";
import { text } from "./text.js";

/**
 * The price, and below it how it comes about and how long the job will take. `price` is null until it is known, and
 * so are `prices`, which the server asks in general.
 */
export function Price({ price, prices, quote, asking, resolution }) {
  const t = useText(text);
  return html`<div class="price" aria-live="polite">
    <p class="row">
      <strong>${priceWords({ price, prices, resolution }, t)}</strong>
      ${asking && html`<${Spinner} label=${t("pricing")} />`}
    </p>
    ${quote && html`<${Outlook} ...${quote} />`}
    ${!quote && prices?.billing && html`<p class="soft small-text billing">${t("billing", { least: prices.least_s, most: prices.most_s })}</p>`}
  </div>`;
}

function priceWords({ price, prices, resolution }, t) {
  if (price === 0 || prices?.billing === false) return t("free");
  if (price !== null) return dollars(price);
  return prices && t("per_second", { price: dollars(prices.per_second[resolution]) });
}

function Outlook({ duration_s, expected_s, queue_ahead }) {
  const t = useText(text);
  return html`<ul class="row soft small-text">
    ${duration_s && html`<li><${Icon} name="film" />${t("seconds", { n: duration_s.toFixed(1) })}</li>`}
    ${expected_s && html`<li><${Icon} name="clock" />${t("expected", { time: duration(expected_s) })}</li>`}
    ${queue_ahead > 0 && html`<li><${Icon} name="history" />${t(queue_ahead === 1 ? "one_ahead" : "ahead", { n: queue_ahead })}</li>`}
  </ul>`;
}

/** What does not fit together, with what helps; or why the job cannot be done. */
export function Advice({ quote, problem, onAgain }) {
  const t = useText(text);
  if (problem) {
    return html`<${Notice} kind="error">
      ${inLanguage(problem.message)}
      ${!problem.final && html` <button type="button" class="button small" onClick=${onAgain}>${t("try_again")}</button>`}
    <//>`;
  }
  if (!quote?.warnings.length) return null;
  return html`<${Notice} kind="warning" title=${t("worth_knowing")}>
    <ul>${quote.warnings.map((sentence) => html`<li>${inLanguage(sentence)}</li>`)}</ul>
    <p class="soft">${t("tips")}</p>
  <//>`;
}
