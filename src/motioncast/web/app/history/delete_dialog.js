/** Asks before jobs are deleted, and deletes them. */
import { html, useState } from "/web/vendor/preact.js";
import { hasEnded } from "../api.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { Dialog, Icon, Notice } from "../ui.js";
import { text } from "./text.js";

/** `jobs` are the ones to delete; none means closed. `onDelete(ids)` deletes, `onDeleted(count)` is told when that is done. */
export function DeleteDialog({ jobs, onDelete, onDeleted, onClose }) {
  const t = useText(text);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const close = () => {
    setFailure("");
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setFailure("");
    try {
      await onDelete(jobs.map(({ id }) => id));
      onDeleted(jobs.length);
      close();
    } catch (error) {
      setFailure(error.message);
    }
    setBusy(false);
  };
  const title = jobs.length > 1 ? t("delete_many", { n: jobs.length }) : t("delete_one");
  return html`<${Dialog} open=${jobs.length > 0} title=${title} onClose=${close}>
    <p>${t("for_good")}${jobs.some((job) => !hasEnded(job)) && " " + t("stops")}</p>
    ${failure && html`<${Notice} kind="error">${inLanguage(failure)}<//>`}
    <div class="row dialog-end">
      <button type="button" class="button" onClick=${close}>${t("keep")}</button>
      <button type="button" class="button danger" disabled=${busy} onClick=${confirm}><${Icon} name="trash" />${t("delete")}</button>
    </div>
  <//>`;
}
