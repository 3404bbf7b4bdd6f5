/** Taking the picture, or recording the driving video, with the camera. */
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { Dialog, Icon, IconButton, Notice, Spinner } from "../ui.js";
import { text } from "./text.js";
import { useCamera } from "./use_camera.js";
import { LONGEST_S, useTaking } from "./use_taking.js";

/** `onTake(file)` gets what was taken, once the person likes it. A click beside the window would lose it, so none closes it. */
export function CameraDialog({ kind, open, onClose, onTake }) {
  const t = useText(text);
  return html`<${Dialog} open=${open} title=${t("camera_title_" + kind)} closedBy="closerequest" onClose=${onClose}>
    <${Camera} kind=${kind} onTake=${onTake} />
  <//>`;
}

function Camera({ kind, onTake }) {
  const [shot, setShot] = useState(null);
  if (shot) return html`<${Shot} kind=${kind} file=${shot} onAgain=${() => setShot(null)} onUse=${() => onTake(shot)} />`;
  return html`<${Live} kind=${kind} onShot=${setShot} />`;
}

function Live({ kind, onShot }) {
  const t = useText(text);
  const [facing, setFacing] = useState("user");
  const [sound, setSound] = useState(kind === "video");
  const { stream, several, ...camera } = useCamera({ facing, sound });
  const view = useRef();
  const { left, seconds, start, stop, ...taking } = useTaking({ kind, stream, view, onShot });
  const problem = camera.problem ?? taking.problem;
  const busy = left !== null || seconds !== null;
  useEffect(() => {
    if (view.current) view.current.srcObject = stream;
  }, [stream]);
  if (problem) return html`<${Notice} kind="error">${t(problem)}<//>`;
  return html`
    <div class="stage live">
      <video ref=${view} class=${facing === "user" ? "mirrored" : ""} autoplay muted playsinline aria-label=${t("live")}></video>
      ${!stream && html`<${Spinner} label=${t("camera_starting")} />`}
      ${left !== null && html`<span class="countdown" role="status">${left}</span>`}
      ${seconds !== null && html`<span class="badge bad recorded">${t("recorded", { n: seconds, most: LONGEST_S })}</span>`}
    </div>
    <p class="soft small-text">${t("camera_hint_" + kind)}</p>
    <div class="row">
      ${seconds === null
        ? html`<button type="button" class="button primary" disabled=${!stream || busy} onClick=${start}>
            <${Icon} name=${kind === "image" ? "camera" : "record"} />${t("take_" + kind)}
          </button>`
        : html`<button type="button" class="button danger" onClick=${stop}><${Icon} name="stop" />${t("stop")}</button>`}
      ${several && html`<${IconButton} icon="retry" label=${t("other_camera")} disabled=${busy} onClick=${() => setFacing(facing === "user" ? "environment" : "user")} />`}
      ${kind === "video" && html`<label class="row"><input type="checkbox" checked=${sound} disabled=${busy} onChange=${() => setSound(!sound)} />${t("with_sound")}</label>`}
    </div>
  `;
}

function Shot({ kind, file, onAgain, onUse }) {
  const t = useText(text);
  const [source, setSource] = useState(null);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setSource(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return html`
    <div class="stage live">
      ${source && (kind === "image"
        ? html`<img src=${source} alt=${t("alt_image")} />`
        : html`<video src=${source} controls autoplay muted loop playsinline aria-label=${t("video")}></video>`)}
    </div>
    <div class="row">
      <button type="button" class="button primary" onClick=${onUse}><${Icon} name="check" />${t("use_" + kind)}</button>
      <button type="button" class="button" onClick=${onAgain}><${Icon} name="retry" />${t("again")}</button>
    </div>
  `;
}
