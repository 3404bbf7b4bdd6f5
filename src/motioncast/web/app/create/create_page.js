/** The composer: two files, what to do with them, what that costs, and off it goes. */
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { saveDraft, takeDraft } from "../drafts.js";
import { useText } from "../i18n.js";
import { tell } from "../news.js";
import { go } from "../router.js";
import { inLanguage } from "../server_sentences.js";
import { recall, remember } from "../session.js";
import { submitJob } from "../submit.js";
import { Icon, Notice, Spinner } from "../ui.js";
import { InputCard } from "./input_card.js";
import { adopt, takeSample, useInputs } from "./inputs.js";
import { Options, Prompt } from "./options.js";
import { usePageDrop } from "./page_drop.js";
import { Advice, Price } from "./quote.js";
import { text } from "./text.js";
import { useModel } from "./use_model.js";
import { usePrice, useQuote } from "./use_quote.js";

export function CreatePage() {
  const t = useText(text);
  const [options, change] = useOptions();
  const inputs = useInputs();
  const dragging = usePageDrop();
  const [bones, toggleBones] = useBones();
  const { engines, standard, prices } = useModel();
  const [image, video] = [inputs.image.url, inputs.video.url];
  const engine = engines.includes(options.engine) ? options.engine : standard; // null until the server has answered

  const wanted = { image, video, mode: options.mode, resolution: options.resolution, ...(engine ? { engine } : {}) };
  const missing = whatIsMissing(inputs);
  const looking = inputs.image.looking || inputs.video.looking; // the server is not asked for two things at once
  const { quote, asking, problem, again } = useQuote(missing || looking ? null : wanted);
  const price = usePrice(video, options.resolution);
  const { busy, failure, submit } = useSubmit({ ...wanted, prompt: options.prompt, seed: options.seed }, missing || problem?.final);
  const reason = missing ?? (problem?.final ? "unusable" : null);
  return html`
    <div class=${"composer" + (dragging ? " dragging" : "")}>
      <div class="page-head">
        <div>
          <h1>${t("title")}</h1>
          <p class="soft">${t("what")}</p>
        </div>
        ${missing === "need_both" && html`<button type="button" class="button" onClick=${() => ["image", "video"].forEach(takeSample)}>
          <${Icon} name="spark" />${t("try_samples")}
        </button>`}
      </div>
      <div class="composer-columns">
        <div class="inputs">
          <${InputCard} kind="image" input=${inputs.image} bones=${bones} onBones=${toggleBones} />
          <${InputCard} kind="video" input=${inputs.video} bones=${bones} onBones=${toggleBones} />
          <div class="advice"><${Advice} quote=${quote} problem=${problem} onAgain=${again} /></div>
          <${Prompt} prompt=${options.prompt} engine=${engine} onChange=${(prompt) => change({ prompt })} />
        </div>
        <div class="stack">
          <${Options} options=${options} engines=${engines} engine=${engine} onChange=${change} />
          <section class="card order" aria-label=${t("order")}>
            ${failure && html`<${Notice} kind="error">${inLanguage(failure)}<//>`}
            <${Price} price=${quote && !asking ? quote.price : price} prices=${prices} quote=${quote} asking=${asking || (!missing && looking)} resolution=${options.resolution} />
            <button
              type="button" class="button primary generate" aria-disabled=${String(Boolean(reason) || busy)}
              aria-describedby="reason" aria-keyshortcuts="Control+Enter Meta+Enter" onClick=${submit}
            >${busy ? html`<${Spinner} label=${t("submitting")} />` : html`<${Icon} name="spark" />`}${t("generate")}</button>
            <p class=${"soft small-text reason" + (reason ? "" : " keyboard")} id="reason">${t(reason ?? "shortcut")}</p>
          </section>
        </div>
      </div>
    </div>
  `;
}

/** A name in text.js, or null where both files are there. */
function whatIsMissing({ image, video }) {
  if (image.arriving || video.arriving) return "wait_arriving";
  if (!image.url && !video.url) return "need_both";
  if (!image.url) return "need_image";
  if (!video.url) return "need_video";
  return image.problem || video.problem ? "unusable" : null;
}

/** {mode, prompt, resolution, seed, engine} of the draft; the draft's files are taken up too. */
function useOptions() {
  const [options, setOptions] = useState(() => {
    const { image, video, ...kept } = takeDraft();
    adopt({ image, video });
    return { mode: "animate", prompt: "", resolution: "480p", seed: -1, engine: null, ...kept };
  });
  useEffect(() => saveDraft({ ...takeDraft(), ...options }), [options]);
  return [options, (values) => setOptions((before) => ({ ...before, ...values }))];
}

function useBones() {
  const [bones, setBones] = useState(recall("bones") !== "off");
  const toggle = () => {
    remember("bones", bones ? "off" : null);
    setBones(!bones);
  };
  return [bones, toggle];
}

/** Submits by the button and by Ctrl or ⌘ with Enter. */
function useSubmit(inputs, blocked) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const here = useRef(true); // who has gone to another page meanwhile is told there, and not pulled away
  useEffect(() => () => void (here.current = false), []);
  const submit = async () => {
    if (blocked || busy) return;
    setBusy(true);
    setFailure("");
    try {
      const { id } = await submitJob(inputs);
      if (here.current) go("job/" + id);
      else tell({ job: id });
    } catch (error) {
      if (!here.current) return tell({ failure: error.message });
      setFailure(error.message);
      setBusy(false);
    }
  };
  const latest = useRef();
  latest.current = submit;
  useEffect(() => {
    const onKeyDown = (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
  return { busy, failure, submit };
}
