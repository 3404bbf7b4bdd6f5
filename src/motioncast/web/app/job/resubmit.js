/** A button that submits a job. */
import { html, useState } from "/web/vendor/preact.js";
import { inLanguage } from "../server_sentences.js";
import { submitJob } from "../submit.js";
import { Icon, Notice, Spinner } from "../ui.js";

/** Submits what `inputs()` makes, then calls `onSubmitted(prediction)`. */
export function Resubmit({ inputs, icon, label, primary = false, onSubmitted }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async () => {
    setBusy(true);
    setProblem("");
    try {
      onSubmitted(await submitJob(inputs()));
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };
  return html`
    <button type="button" class=${primary ? "button primary" : "button"} disabled=${busy} onClick=${submit}>
      ${busy ? html`<${Spinner} />` : html`<${Icon} name=${icon} />`}${label}
    </button>
    ${problem && html`<${Notice} kind="error">${inLanguage(problem)}<//>`}
  `;
}
