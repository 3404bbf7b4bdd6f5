/** Boxes for parameters and for the fields of a body, made from their schemas. */
import { html, useState } from "/web/vendor/preact.js";
import { upload } from "../api.js";
import { useText } from "../i18n.js";
import { Field, Spinner } from "../ui.js";
import { exampleOf, plain } from "./document.js";
import { text } from "./text.js";

const LONG = 10_000; // characters; texts that may be so long get a larger box

/** The box for one value. undefined is "not set". */
export function ValueField({ document, name, node, required, value, onChange }) {
  const schema = plain(document, node);
  const label = html`<code>${name}</code>${required && html`<span aria-hidden="true"> *</span>`}`;
  const shared = { schema, value, onChange, required, placeholder: exampleOf(document, node) };
  if (schema["x-accept"]) return html`<${FileAddress} label=${label} ...${shared} />`;
  return html`<${Field} label=${label}>${(props) => html`<${boxOf(schema)} props=${{ required, ...props }} ...${shared} />`}<//>`;
}

function boxOf(schema) {
  if (schema.enum || schema.type === "boolean") return Choice;
  if (schema.type === "array" || schema.type === "object") return JsonBox;
  return TextBox;
}

function Choice({ props, schema, value, onChange }) {
  const t = useText(text);
  const options = schema.enum ?? [true, false];
  const preset = schema.default ?? null;
  return html`<select ...${props} value=${value === undefined ? "" : String(options.indexOf(value))} onChange=${(event) =>
    onChange(event.target.value === "" ? undefined : options[event.target.value])}>
    <option value="">${t("notSet")}${preset !== null ? ` (${preset})` : ""}</option>
    ${options.map((option, place) => html`<option key=${place} value=${String(place)}>${String(option) || '""'}</option>`)}
  </select>`;
}

function TextBox({ props, schema, value, onChange, placeholder }) {
  const isNumber = schema.type === "integer" || schema.type === "number";
  const take = (event) => {
    const written = event.target.value;
    if (written === "") onChange(undefined);
    else onChange(isNumber && Number.isFinite(Number(written)) ? Number(written) : written);
  };
  const shared = { ...props, value: value ?? "", onInput: take, spellcheck: false, autocomplete: "off" };
  if (schema.maxLength >= LONG) return html`<textarea rows="2" ...${shared}></textarea>`;
  const preset = schema.default !== undefined && schema.default !== null ? String(schema.default) : "";
  return html`<input type="text" inputmode=${isNumber ? "numeric" : "text"} placeholder=${placeholder || preset} ...${shared} />`;
}

/** A value written as JSON; what cannot be read stays in the box, changes nothing, and keeps the form from being sent. */
export function JsonBox({ props, value, onChange, placeholder = "", rows = 2, onlyObjects = false }) {
  const t = useText(text);
  const [written, setWritten] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [problem, setProblem] = useState("");
  const read = (source) => {
    const found = source.trim() === "" ? undefined : JSON.parse(source);
    if (onlyObjects && found !== undefined && (found === null || Array.isArray(found) || typeof found !== "object")) return t("notObject");
    onChange(found);
    return "";
  };
  const take = ({ target }) => {
    setWritten(target.value);
    let found;
    try {
      found = read(target.value);
    } catch (error) {
      found = t("badJson", { problem: error.message });
    }
    setProblem(found);
    target.setCustomValidity(found);
  };
  return html`<textarea class="json-box" spellcheck=${false} rows=${rows} placeholder=${placeholder} ...${props} value=${written} onInput=${take}></textarea>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}`;
}

/** The address of a file, with a button that uploads one and fills in its address. */
function FileAddress({ label, schema, value, onChange, required, placeholder }) {
  const t = useText(text);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState("");
  const take = async (event) => {
    const [file] = event.target.files;
    event.target.value = ""; // so that the same file can be chosen again
    if (!file) return;
    setSending(true);
    setProblem("");
    try {
      onChange((await upload(file)).url);
    } catch (error) {
      setProblem(error.message);
    }
    setSending(false);
  };
  return html`<${Field} label=${label} problem=${problem}>
    ${(props) => html`<div class="file-address">
      <input type="text" inputmode="url" ...${props} required=${required} placeholder=${placeholder} value=${value ?? ""} spellcheck=${false} autocomplete="off"
        onInput=${(event) => onChange(event.target.value || undefined)} />
      <label class="button small file-button">
        ${sending ? html`<${Spinner} label=${t("sending")} />` : t("pick")}
        <input class="sr-only" type="file" accept=${schema["x-accept"]} onChange=${take} disabled=${sending} />
      </label>
    </div>`}
  <//>`;
}

/** A file to be sent itself. */
export function FileBox({ file, onChange }) {
  return html`<${Field} label=${html`<code>file</code><span aria-hidden="true"> *</span>`} hint=${file?.name}>
    ${(props) => html`<input type="file" ...${props} required onChange=${(event) => onChange(event.target.files[0] ?? null)} />`}
  <//>`;
}
