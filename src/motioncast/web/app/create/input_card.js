/** One of the two inputs: empty, on its way, or there. */
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { ownFile } from "../api.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { Icon, IconButton, Notice, ProgressBar, Spinner } from "../ui.js";
import { CameraDialog } from "./camera_dialog.js";
import { drop, takeAddress, takeFile, takeSample } from "./inputs.js";
import { ACCEPTED } from "./kinds.js";
import { Findings, Preview } from "./preview.js";
import { text } from "./text.js";

/** `kind` is "image" or "video", `input` its state in inputs.js. */
export function InputCard({ kind, input, bones, onBones }) {
  const t = useText(text);
  const picker = useRef();
  const { url, arriving, seen, looking, problem, note } = input;
  const pick = () => picker.current.click();
  const onPicked = ({ target }) => {
    if (target.files.length) takeFile(target.files[0], kind);
    target.value = ""; // the same file may be picked again
  };
  const source = arriving ? arriving.preview : url && ownFile(url);
  return html`<section class="card stack input-card" data-input=${kind} aria-labelledby=${kind + "-title"}>
    <header class="row">
      <h2 id=${kind + "-title"}><${Icon} name=${kind === "image" ? "image" : "film"} />${t(kind)}</h2>
      ${url && !arriving && html`<div class="row tools">
        ${seen?.skeleton && html`<${IconButton} icon="skeleton" label=${t("bones")} aria-pressed=${String(bones)} onClick=${onBones} />`}
        <${IconButton} icon="upload" label=${t("replace_" + kind)} onClick=${pick} />
        <${IconButton} icon="trash" label=${t("remove_" + kind)} onClick=${() => drop(kind)} />
      </div>`}
    </header>
    <input ref=${picker} type="file" hidden accept=${ACCEPTED[kind]} onChange=${onPicked} />
    ${source ? html`<${Preview} kind=${kind} source=${source} seen=${arriving ? null : seen} bones=${bones} />` : !arriving && html`<${Empty} kind=${kind} onPick=${pick} />`}
    ${arriving && html`<${Arriving} kind=${kind} arriving=${arriving} />`}
    ${looking && html`<p class="row soft small-text"><${Spinner} label=${t("looking")} /><span aria-hidden="true">${t("looking")}</span></p>`}
    ${seen && !arriving && html`<${Findings} kind=${kind} seen=${seen} />`}
    ${note && html`<${Notice}>${t(note[0], { file: note[1] })}<//>`}
    ${problem && html`<${Notice} kind="error">${inLanguage(problem)}<//>`}
  </section>`;
}

function Arriving({ kind, arriving }) {
  const t = useText(text);
  const { name, share } = arriving;
  const words = share === null ? t("fetching") : share < 1 ? t("sending", { n: Math.floor(share * 100) }) : t("checking");
  return html`<div class="arriving">
    <p class="small-text"><span class="file-name">${name}</span> <span class="soft">${words}</span></p>
    <div class="row">
      <${ProgressBar} value=${share !== null && share < 1 ? share : null} label=${words} />
      <button type="button" class="button small" onClick=${() => drop(kind)}>${t("cancel")}</button>
    </div>
  </div>`;
}

function Empty({ kind, onPick }) {
  const t = useText(text);
  const [way, setWay] = useState(null); // "link" or "camera"
  return html`
    <button type="button" class="drop-zone" onClick=${onPick}>
      <${Icon} name="upload" />
      <strong>${t("pick_" + kind)}</strong>
      <span class="soft small-text">${t("hint_" + kind)}</span>
    </button>
    <div class="row ways">
      <button type="button" class="button small" aria-expanded=${String(way === "link")} onClick=${() => setWay(way === "link" ? null : "link")}>
        <${Icon} name="link" />${t("link")}
      </button>
      <button type="button" class="button small" onClick=${() => setWay("camera")}><${Icon} name="camera" />${t("camera_" + kind)}</button>
      <button type="button" class="button small" onClick=${() => takeSample(kind)}><${Icon} name="spark" />${t("sample")}</button>
    </div>
    ${way === "link" && html`<${AddressForm} kind=${kind} />`}
    <${CameraDialog} kind=${kind} open=${way === "camera"} onClose=${() => setWay(null)} onTake=${(file) => takeFile(file, kind)} />
  `;
}

function AddressForm({ kind }) {
  const t = useText(text);
  const field = useRef();
  useEffect(() => field.current.focus(), []);
  const submit = (event) => {
    event.preventDefault();
    takeAddress(field.current.value.trim(), kind);
  };
  return html`<form class="row address" onSubmit=${submit}>
    <input ref=${field} class="input" type="url" required placeholder="https://" aria-label=${t("address_" + kind)} />
    <button class="button">${t("fetch")}</button>
  </form>`;
}
