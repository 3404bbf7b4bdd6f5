/** A finished job: its video, what to do with it, what is known about it. */
import { html, useEffect, useState } from "/web/vendor/preact.js";
import { ownFile } from "../api.js";
import { useModel } from "../create/use_model.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { CodeTabs, Notice } from "../ui.js";
import { Actions } from "./actions.js";
import { EditInputs } from "./ended.js";
import { Facts } from "./facts.js";
import { fileName, useOutput, whyLost } from "./output.js";
import { Player } from "./player.js";
import { text as playerText } from "./player_text.js";
import { inputsOf, otherEngine } from "./same_inputs.js";
import { snippets } from "./snippets.js";
import { text } from "./text.js";
import { Trouble } from "./trouble.js";
import { Variants } from "./variants.js";

export function Result({ prediction }) {
  const t = useText(text);
  const [media, setMedia] = useState(null);
  const output = useOutput(prediction);
  const [trouble, setTrouble] = useState(output ? null : { gone: true, message: "" });
  const offered = useModel();
  const { input, warnings } = prediction;
  const same = !otherEngine(prediction, offered);
  return html`<div class="stack">
    ${prediction.has_nsfw_contents.some(Boolean) && html`<${Notice} kind="warning">${t("flagged")}<//>`}
    <div class="result-columns">
      <div class="stack">
        <div class="card stack">${trouble
          ? html`<${Trouble} trouble=${trouble} onAgain=${() => setTrouble(null)}>${input && same && html`<p>${t("lost")}</p>`}<//>`
          : html`<${Screens} prediction=${prediction} output=${output} onReady=${setMedia} onTrouble=${setTrouble} />`}</div>
        <${Warnings} warnings=${warnings} />
      </div>
      <div class="stack">
        ${!trouble?.gone && html`<${Actions} output=${output} file=${fileName(prediction)} />`}
        ${input && html`<${EditInputs} prediction=${prediction} label=${t("again")} />`}
        <${Facts} prediction=${prediction} media=${media} output=${output} />
      </div>
    </div>
    ${input && html`<${Variants} prediction=${prediction} offered=${offered} />`}
    ${input && html`<${Program} prediction=${prediction} offered=${offered} hint=${t(same ? "code_hint" : "code_hint_other")} />`}
  </div>`;
}

/** The job as source text. */
function Program({ prediction, offered, hint }) {
  const t = useText(text);
  const inputs = inputsOf(prediction, { ...offered, seed: prediction.seed });
  return html`<section class="card stack">
    <h2>${t("code_title")}</h2>
    <p class="soft small-text">${hint}</p>
    <${CodeTabs} label=${t("code_label")} sources=${snippets({ origin: location.origin, inputs, file: fileName(prediction) })} />
  </section>`;
}

/** The result beside the driving video, where that is a file of this server's that the browser can play. */
function Screens({ prediction, output, onReady, onTrouble }) {
  const t = useText(text);
  const tp = useText(playerText);
  const driving = ownFile(prediction.input?.video ?? "");
  const [playable, setPlayable] = useState(true);
  useEffect(() => {
    if (!driving) return undefined;
    const probe = document.createElement("video");
    probe.preload = "metadata";
    probe.onerror = () => setPlayable(false);
    probe.src = driving;
    return () => probe.removeAttribute("src");
  }, [driving]);
  const onLost = async (error) => onTrouble(await whyLost(output.url, error));
  const second = driving && playable ? { url: driving, label: t("driving") } : null;
  const main = { url: output.url, label: tp("result"), poster: ownFile(prediction.urls.poster ?? "") };
  return html`
    <${Player} main=${main} second=${second} single=${tp("view_single")} onReady=${onReady} onLost=${onLost} />
    ${prediction.input && !driving && html`<p class="soft small-text">${t("driving_elsewhere")}</p>`}
  `;
}

function Warnings({ warnings }) {
  const t = useText(text);
  if (!warnings.length) return null;
  return html`<${Notice} kind="warning" title=${t("warnings")}>
    <ul class="result-warnings">${warnings.map((sentence) => html`<li key=${sentence}>${inLanguage(sentence)}</li>`)}</ul>
  <//>`;
}
