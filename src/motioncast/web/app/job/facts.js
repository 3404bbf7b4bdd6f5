/** What is known about a finished job. */
import { html } from "/web/vendor/preact.js";
import { dollars, duration, locale, moment, useText } from "../i18n.js";
import { CopyButton } from "../ui.js";
import { rateOf } from "./frames.js";
import { text } from "./text.js";

/** `media` is what the player found out: {width, height, duration, frames}, or null. */
export function Facts({ prediction, media, output }) {
  const t = useText(text);
  const { seed, engine, input, executionTime, cost, created_at } = prediction;
  const size = media && `${media.width} × ${media.height}`;
  const rows = [
    ["fact_seed", html`<code>${seed}</code> <${CopyButton} value=${String(seed)} label=${t("copy_seed")} class="quiet-button" />`],
    ["fact_engine", engine],
    ["fact_resolution", [input?.resolution, size].filter(Boolean).join(" · ")],
    ["fact_length", media && t("fact_seconds", { n: seconds(media.duration) })],
    ["fact_frames", media && frameWords(media.frames, t)],
    ["fact_took", executionTime > 0 && duration(executionTime / 1000)],
    ["fact_cost", dollars(cost)],
    ["fact_created", moment(created_at)],
    ["fact_kept", output?.expires && moment(output.expires)],
    ["fact_prompt", input?.prompt && html`<span class="result-prompt">${input.prompt}</span>`],
  ];
  return html`<section class="card">
    <h2 class="sr-only">${t("facts")}</h2>
    <dl class="result-facts">${rows.map(([name, value]) => value && html`<div key=${name}><dt>${t(name)}</dt><dd>${value}</dd></div>`)}</dl>
  </section>`;
}

function frameWords({ times, read }, t) {
  const rate = rateOf(times);
  return read && rate ? t("fact_frames_read", { n: times.length, rate: seconds(rate) }) : t("fact_frames_assumed");
}

function seconds(value) {
  return value.toLocaleString(locale(), { maximumFractionDigits: 2 });
}
