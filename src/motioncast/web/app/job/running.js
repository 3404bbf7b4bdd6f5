/** A job while it runs: where it stands, what it has rendered, and how to stop it. */
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { post } from "../api.js";
import { duration, useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { moneyMoved } from "../shell.js";
import { Dialog, Icon, Notice, ProgressBar } from "../ui.js";
import { approach, rounded } from "./countdown.js";
import { Previews } from "./previews.js";
import { STEPS, stageOf } from "./stages.js";
import { text } from "./text.js";

const FAR = 0.3; // from here on a slip of the finger would cost something

export function Running({ prediction, previews, broken }) {
  const t = useText(text);
  const { step, words } = stageOf(prediction);
  const percent = Math.floor(prediction.progress * 100);
  return html`<div class="stack">
    ${broken && html`<${Notice} kind="warning" title=${t("broken_title")}>${t("broken")}<//>`}
    <section class="card stack">
      <div class="row job-stage">
        <h2><span role="status">${t(words, { n: prediction.queue_position })}</span></h2>
        <span class="job-percent">${percent}%</span>
      </div>
      <${ProgressBar} label=${t("progress")} value=${prediction.status === "created" ? null : prediction.progress} />
      <${Steps} current=${step} />
      <div class="row job-foot">
        <p class="soft small-text"><${Times} prediction=${prediction} /></p>
        <${Cancel} prediction=${prediction} percent=${percent} />
      </div>
    </section>
    <${Previews} input=${prediction.input} previews=${previews} />
    <p class="soft small-text">${t("may_leave")}</p>
  </div>`;
}

function Steps({ current }) {
  const t = useText(text);
  const state = (place) => (place < current ? "done" : place === current ? "now" : "");
  return html`<ol class="job-steps" aria-label=${t("steps")}>
    ${STEPS.map((name, place) => html`<li key=${name} class=${state(place)} aria-current=${place === current ? "step" : undefined}>
      <span class="dot">${place < current && html`<${Icon} name="check" />`}</span><span>${t(`step_${name}`)}</span>
    </li>`)}
  </ol>`;
}

/** Time left and time gone, each second. */
function Times({ prediction }) {
  const t = useText(text);
  const left = useCountdown(prediction.eta_seconds);
  const gone = Math.max(0, Date.now() - Date.parse(prediction.created_at)) / 1000;
  const ending = left !== null && left < 1.5;
  return html`<span class="job-times">
    ${left !== null && html`<strong>${ending ? t("left_soon") : t("left", { time: duration(rounded(left)) })}</strong> · `}
    ${t("elapsed", { time: duration(gone) })}
  </span>`;
}

/** Seconds left, or null while nobody knows. */
function useCountdown(estimate) {
  const [, tick] = useState(0);
  const known = useRef({ estimate: null, at: 0, shown: null, looked: 0 });
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const now = performance.now() / 1000;
  const state = known.current;
  if (estimate !== state.estimate) Object.assign(state, { estimate, at: now });
  const goal = estimate === null ? null : Math.max(0, estimate - (now - state.at));
  state.shown = goal === null || state.shown === null ? goal : approach(state.shown, goal, now - state.looked);
  state.looked = now;
  return state.shown;
}

function Cancel({ prediction, percent }) {
  const t = useText(text);
  const [asking, ask] = useState(false);
  const [sent, setSent] = useState(false);
  const [problem, setProblem] = useState("");
  const cancel = async () => {
    ask(false);
    setSent(true);
    setProblem("");
    try {
      await post(`/api/v3/predictions/${prediction.id}/cancel`);
      moneyMoved.dispatchEvent(new Event("moved"));
    } catch (error) {
      setSent(false);
      setProblem(error.message);
    }
  };
  return html`
    <button type="button" class="button" disabled=${sent} onClick=${() => (prediction.progress >= FAR ? ask(true) : cancel())}>
      <${Icon} name="stop" />${sent ? t("cancelling") : t("cancel")}
    </button>
    ${problem && html`<${Notice} kind="error">${inLanguage(problem)}<//>`}
    <${Dialog} open=${asking} title=${t("cancel_title")} onClose=${() => ask(false)}>
      <p>${t("cancel_far", { percent })}</p>
      <div class="row">
        <button type="button" class="button danger" onClick=${cancel}>${t("cancel_yes")}</button>
        <button type="button" class="button" onClick=${() => ask(false)}>${t("cancel_no")}</button>
      </div>
    <//>
  `;
}
