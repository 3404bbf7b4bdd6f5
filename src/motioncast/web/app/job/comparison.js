/** Two variants of a job, in step. */
import { html, useState } from "/web/vendor/preact.js";
import { ownFile } from "../api.js";
import { useText } from "../i18n.js";
import { Field } from "../ui.js";
import { useOutput } from "./output.js";
import { Player } from "./player.js";
import { text } from "./text.js";

/** `variants` are at least two completed predictions. */
export function Comparison({ variants }) {
  const t = useText(text);
  const [chosen, choose] = useState({});
  const known = (id, place) => variants.find((variant) => variant.id === id) ?? variants[place];
  const first = known(chosen.first, 0);
  const second = known(chosen.second, first === variants[1] ? 0 : 1);
  const screen = (variant, output) =>
    output && { url: output.url, label: t("seed", { seed: variant.seed }), poster: ownFile(variant.urls.poster ?? "") };
  const picker = (label, place, value) => html`<${Field} label=${label}>${(props) => html`
    <select ...${props} value=${value.id} onChange=${(event) => choose({ ...chosen, [place]: event.target.value })}>
      ${variants.map(({ id, seed }) => html`<option key=${id} value=${id}>${t("seed", { seed })}</option>`)}
    </select>`}<//>`;
  const [left, right] = [screen(first, useOutput(first)), screen(second, useOutput(second))];
  return html`
    <h3>${t("compare_title")}</h3>
    <div class="variant-pickers">${picker(t("variant_a"), "first", first)}${picker(t("variant_b"), "second", second)}</div>
    ${left && right && html`<${Player} key=${first.id + second.id} main=${right} second=${left} />`}
  `;
}
