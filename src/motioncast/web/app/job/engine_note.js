/** Says where a job's inputs would not run on the job's engine any more. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { Notice } from "../ui.js";
import { otherEngine } from "./same_inputs.js";
import { text } from "./text.js";

/** `offered` is what `useModel` knows. */
export function EngineNote({ prediction, offered }) {
  const t = useText(text);
  const now = otherEngine(prediction, offered);
  return now && html`<${Notice} kind="warning">${t("engine_other", { was: prediction.engine, now })}<//>`;
}
