/** Small parts that every page uses. Their looks are in style/controls.css. */
import { html, useEffect, useId, useRef, useState } from "/web/vendor/preact.js";
import { useText } from "./i18n.js";

const text = {
  en: { copy: "Copy", copied: "Copied", close: "Close", working: "Working…" },
  zh: { copy: "复制", copied: "已复制", close: "关闭", working: "正在处理…" },
};

/** An icon of style/icons.svg; it is decoration, so what it means must also stand beside it or in a label. */
export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href=${`/web/style/icons.svg#${name}`} /></svg>`;
}

/** A button with an icon only; `label` is what it does. */
export function IconButton({ icon, label, ...rest }) {
  return html`<button type="button" class="icon-button" aria-label=${label} title=${label} ...${rest}><${Icon} name=${icon} /></button>`;
}

/** One choice of several, side by side. `options` are [value, label] pairs. Radio buttons underneath. */
export function Segmented({ label, value, options, onChange, disabled = false }) {
  const name = useId();
  return html`<fieldset class="segmented" disabled=${disabled}>
    <legend>${label}</legend>
    <div>
      ${options.map(
        ([option, caption]) => html`<label key=${option}>
          <input type="radio" name=${name} value=${option} checked=${option === value} onChange=${() => onChange(option)} />
          <span>${caption}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

/** A field with its label, and a hint or a problem below it. `children` gets {id, describedby}. */
export function Field({ label, hint, problem, children }) {
  const id = useId();
  const note = problem || hint;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children({ id, "aria-describedby": note ? id + "-note" : undefined, "aria-invalid": problem ? "true" : undefined })}
    ${note && html`<p class=${problem ? "problem" : "hint"} id=${id + "-note"}>${note}</p>`}
  </div>`;
}

/** A sentence that matters. `kind`: "info", "warning", "error", "success". Errors are read out at once. */
export function Notice({ kind = "info", title, children }) {
  const icons = { info: "info", warning: "warning", error: "error", success: "check" };
  return html`<div class="notice ${kind}" role=${kind === "error" ? "alert" : "status"}>
    <${Icon} name=${icons[kind]} />
    <div>${title && html`<strong>${title}</strong>`}${children}</div>
  </div>`;
}

/** A bar from 0 to 1; null moves without an end. */
export function ProgressBar({ value, label }) {
  return html`<progress class="progress" aria-label=${label} max="1" value=${value === null ? undefined : value}></progress>`;
}

/** Something goes on; the words are for screen readers. */
export function Spinner({ label }) {
  const t = useText(text);
  return html`<span class="spinner" role="status"><span class="sr-only">${label ?? t("working")}</span></span>`;
}

/** Copies `value`; says so for two seconds. */
export function CopyButton({ value, label, class: className = "button small" }) {
  const t = useText(text);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => setCopied(await toClipboard(value));
  return html`<button type="button" class=${className} onClick=${copy}>
    <${Icon} name=${copied ? "check" : "copy"} /><span aria-live="polite">${copied ? t("copied") : (label ?? t("copy"))}</span>
  </button>`;
}

/** Source text under tabs: `sources` are [name, text] pairs. */
export function CodeTabs({ label, sources }) {
  const [chosen, choose] = useState(sources[0][0]);
  const id = useId();
  const tabs = useRef();
  const current = sources.find(([name]) => name === chosen) ?? sources[0];
  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (sources.indexOf(current) + step + sources.length) % sources.length;
    choose(sources[next][0]);
    tabs.current.children[next].focus();
  };
  return html`<div class="code-tabs">
    <div class="code-head">
      <div role="tablist" aria-label=${label} ref=${tabs} onKeyDown=${onKeyDown}>
        ${sources.map(
          ([name]) => html`<button
            type="button" role="tab" id=${`${id}-${name}`} aria-controls=${id} aria-selected=${String(name === current[0])}
            tabindex=${name === current[0] ? 0 : -1} onClick=${() => choose(name)}
          >${name}</button>`,
        )}
      </div>
      <${CopyButton} value=${current[1]} />
    </div>
    <pre id=${id} role="tabpanel" aria-labelledby=${`${id}-${current[0]}`} tabindex="0"><code>${current[1]}</code></pre>
  </div>`;
}

/** A modal window while `open`. Escape closes it, and so does a click beside it unless `closedBy` is "closerequest". */
export function Dialog({ open, title, closedBy = "any", onClose, children }) {
  const t = useText(text);
  const element = useRef();
  const id = useId();
  useEffect(() => {
    if (open && !element.current.open) element.current.showModal();
    if (!open && element.current.open) element.current.close();
  }, [open]);
  return html`<dialog
    ref=${element} class="dialog" aria-labelledby=${id} onClose=${onClose}
    onClick=${(event) => closedBy === "any" && event.target === element.current && onClose()}
  >
    ${open && html`<div class="dialog-body">
      <header><h2 id=${id}>${title}</h2><${IconButton} icon="close" label=${t("close")} onClick=${onClose} /></header>
      ${children}
    </div>`}
  </dialog>`;
}

/** Copy to the clipboard, also where the page is not served over https. Whether it worked. */
async function toClipboard(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = value;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    return worked;
  }
}
