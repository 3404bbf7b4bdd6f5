/** Other takes of a job: the same inputs with another seed, and two of them side by side. */
import { html, useEffect, useState } from "/web/vendor/preact.js";
import { get, hasEnded, ownFile, post } from "../api.js";
import { dollars, useText } from "../i18n.js";
import { moneyMoved } from "../shell.js";
import { ProgressBar } from "../ui.js";
import { Comparison } from "./comparison.js";
import { EngineNote } from "./engine_note.js";
import { Resubmit } from "./resubmit.js";
import { areVariants, inputsOf, newSeed } from "./same_inputs.js";
import { text } from "./text.js";

const LOOK_MS = 2000;

/** `offered` is what `useModel` knows. */
export function Variants({ prediction, offered }) {
  const t = useText(text);
  const [others, setOthers] = useOthers(prediction);
  const all = [prediction, ...others];
  const finished = all.filter(({ status }) => status === "completed");
  const made = (news) => setOthers((before) => [{ ...news, input: prediction.input }, ...before]);
  return html`<section class="card stack">
    <h2>${t("variants_title")}</h2>
    <div class="row job-foot">
      <p class="soft small-text">${prediction.cost > 0 ? t("variants_hint", { price: dollars(prediction.cost) }) : t("variants_free")}</p>
      <${Resubmit} inputs=${() => inputsOf(prediction, { ...offered, seed: newSeed() })} icon="dice" label=${t("vary")} onSubmitted=${made} />
    </div>
    <${EngineNote} prediction=${prediction} offered=${offered} />
    ${others.length > 0 && html`<ul class="variants">${all.map((variant) => html`<${Card} key=${variant.id} variant=${variant} here=${variant === prediction} />`)}</ul>`}
    ${finished.length > 1 && html`<${Comparison} variants=${finished} />`}
  </section>`;
}

/** The other variants, newest first; those that run are looked at until they have ended. */
function useOthers(prediction) {
  const [others, setOthers] = useState([]);
  useEffect(() => {
    let gone = false;
    const wanted = { page: 1, page_size: 100, include_inputs: true };
    post("/api/v3/predictions", wanted).then(({ items }) => {
      const found = takes(items.filter((item) => areVariants(item, prediction)), prediction.seed);
      // one that was made meanwhile stays
      if (!gone) setOthers((before) => [...before, ...found.filter(({ id }) => before.every((item) => item.id !== id))]);
    }, () => {});
    return () => {
      gone = true;
    };
  }, [prediction.id]);
  const waiting = others.filter((item) => !hasEnded(item)).map(({ id }) => id).join();
  useEffect(() => {
    if (!waiting) return undefined;
    const update = () => document.hidden || waiting.split(",").forEach((id) => look(id, setOthers));
    const timer = setInterval(update, LOOK_MS);
    return () => clearInterval(timer);
  }, [waiting]);
  return [others, setOthers];
}

/** One job a seed, as the same seed gives the same video; failed ones are no takes to choose from. */
function takes(items, seed) {
  const bySeed = new Map(items.filter((item) => item.status === "completed" || !hasEnded(item)).map((item) => [item.seed, item]));
  bySeed.delete(seed);
  return [...bySeed.values()];
}

async function look(id, setOthers) {
  try {
    const news = await get(`/api/v3/predictions/${id}`);
    if (hasEnded(news)) moneyMoved.dispatchEvent(new Event("moved"));
    setOthers((before) => before.map((item) => (item.id === id ? { ...news, input: item.input } : item)));
  } catch ({ status }) {
    if (status === 404) setOthers((before) => before.filter((item) => item.id !== id)); // deleted elsewhere
  }
}

function Card({ variant, here }) {
  const t = useText(text);
  const poster = ownFile(variant.urls.poster ?? "");
  const running = !hasEnded(variant);
  const name = t("seed", { seed: variant.seed });
  const body = html`
    <span class="variant-picture">
      ${poster && html`<img src=${poster} alt="" onError=${(event) => (event.currentTarget.hidden = true)} />`}
      ${running && html`<${ProgressBar} label=${name} value=${variant.progress} />`}
    </span>
    <span>${name}</span>
    <span class="soft small-text">${here ? t("this_one") : running ? `${Math.floor(variant.progress * 100)}%` : t(`status_${variant.status}`)}</span>
  `;
  return html`<li class=${here ? "here" : ""}>
    ${here ? html`<div aria-current="true">${body}</div>` : html`<a href=${`#/job/${variant.id}`}>${body}</a>`}
  </li>`;
}
