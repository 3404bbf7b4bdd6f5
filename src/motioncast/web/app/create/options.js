/** What is asked for beside the two files. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { Field, IconButton, Segmented } from "../ui.js";
import { text } from "./text.js";

const MAX_SEED = 2 ** 31 - 1;
const PROMPT_CHARS = 20_000;

/** `options` is {mode, resolution, seed}, `engines` those of the server, `engine` the one that is used. */
export function Options({ options, engines, engine, onChange }) {
  const t = useText(text);
  const choices = (names) => names.map((name) => [name, t(name)]);
  return html`<section class="card stack" aria-labelledby="options-title">
    <h2 id="options-title">${t("options")}</h2>
    <div class="stack explained">
      <${Segmented} label=${t("mode")} value=${options.mode} options=${choices(["animate", "replace"])} onChange=${(mode) => onChange({ mode })} />
      <p class="soft small-text">${t("about_" + options.mode)}</p>
    </div>
    <${Segmented} label=${t("resolution")} value=${options.resolution} options=${choices(["480p", "720p"])} onChange=${(resolution) => onChange({ resolution })} />
    ${engines.length > 1 && html`<${Segmented} label=${t("engine")} value=${engine} options=${choices(engines)} onChange=${(chosen) => onChange({ engine: chosen })} />`}
    ${engine && html`<p class="soft small-text">${engines.length < 2 && html`<span class="badge">${t("engine")}: ${t(engine)}</span> `}${t("about_" + engine)}</p>`}
    <${Seed} seed=${options.seed} onChange=${(seed) => onChange({ seed })} />
  </section>`;
}

/** What an engine that reads one is told. */
export function Prompt({ prompt, engine, onChange }) {
  const t = useText(text);
  return html`<section class="card prompt" aria-label=${t("prompt")}>
    <${Field} label=${t("prompt")} hint=${t(engine === "puppet" ? "prompt_unread" : "prompt_hint")}>
      ${(field) => html`<textarea ...${field} rows="2" maxlength=${PROMPT_CHARS} value=${prompt} onInput=${({ target }) => onChange(target.value)}></textarea>`}
    <//>
  </section>`;
}

/** A seed of -1 is drawn anew for every job; any other is locked. */
function Seed({ seed, onChange }) {
  const t = useText(text);
  const locked = seed >= 0;
  const onInput = ({ target }) => {
    const number = Math.floor(target.valueAsNumber);
    onChange(number >= 0 ? Math.min(number, MAX_SEED) : -1);
  };
  return html`<${Field} label=${t("seed")} hint=${t(locked ? "seed_locked" : "seed_open")}>
    ${(field) => html`<div class="seed">
      <input
        ...${field} type="number" inputmode="numeric" min="0" max=${MAX_SEED} step="1" placeholder=${t("seed_random")}
        value=${locked ? seed : ""} onInput=${onInput}
      />
      <${IconButton} icon="dice" label=${t("seed_draw")} onClick=${() => onChange(draw())} />
      <${IconButton} icon=${locked ? "lock" : "unlock"} label=${t("seed_keep")} aria-pressed=${String(locked)} onClick=${() => onChange(locked ? -1 : draw())} />
    </div>`}
  <//>`;
}

function draw() {
  return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
}
