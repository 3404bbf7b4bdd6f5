/** What has become of something the person did before going on to another page. */
import { html, useEffect } from "/web/vendor/preact.js";
import { useText } from "./i18n.js";
import { useRedraw } from "./redraw.js";
import { inLanguage } from "./server_sentences.js";
import { IconButton, Notice } from "./ui.js";

const text = {
  en: {
    accepted: "Your job was accepted.",
    refused: "Your job was not accepted. What you entered is still under Create.",
    show: "Show the job",
    dismiss: "Dismiss",
  },
  zh: {
    accepted: "任务已提交。",
    refused: "任务未能提交，填写的内容仍在“创作”页。",
    show: "查看任务",
    dismiss: "关闭",
  },
};

const listeners = new Set();
let news = null;

/** `{job}` is the id of a job that was accepted, `{failure}` the sentence of one that was not; null forgets both. */
export function tell(what) {
  news = what;
  for (const listener of listeners) listener();
}

/** The news, until it is dismissed or the job is looked at. */
export function News() {
  const t = useText(text);
  useRedraw(listeners);
  useEffect(() => {
    const forget = () => news?.job && location.hash === addressOf(news.job) && tell(null);
    addEventListener("hashchange", forget);
    return () => removeEventListener("hashchange", forget);
  }, []);
  if (!news) return null;
  const { job, failure } = news;
  return html`<div class="news"><${Notice} kind=${job ? "success" : "error"} title=${t(job ? "accepted" : "refused")}>
    <div>${job ? html`<a href=${addressOf(job)}>${t("show")}</a>` : inLanguage(failure)}</div>
    <${IconButton} icon="close" label=${t("dismiss")} onClick=${() => tell(null)} />
  <//></div>`;
}

function addressOf(job) {
  return "#/job/" + job;
}
