/** The first thing a newcomer sees: what this is, and a field for the key. */
import { html, useRef, useState } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { inLanguage } from "../server_sentences.js";
import { useSession } from "../session.js";
import { Field, Icon, Notice, Spinner } from "../ui.js";
import { Illustration } from "./illustration.js";
import { text } from "./text.js";
import { useSignIn } from "./use_sign_in.js";

export function SignInPage() {
  const t = useText(text);
  return html`<div class="sign-in">
    <div class="sign-in-intro stack">
      <h1>${t("title")}</h1>
      <p class="soft">${t("what")}</p>
      <${Illustration} />
    </div>
    <${KeyForm} />
  </div>`;
}

function KeyForm() {
  const t = useText(text);
  const { refusal } = useSession();
  const [typed, type] = useState("");
  const input = useRef();
  const { problem, failure, busy, signIn } = useSignIn();
  const submit = async (event) => {
    event.preventDefault();
    if (!(await signIn(typed))) input.current?.focus();
  };
  return html`<form class="card stack" onSubmit=${submit} noValidate>
    <h2>${t("sign_in")}</h2>
    ${!busy && (failure || refusal) && html`<${Notice} kind="error">${inLanguage(failure || refusal)}<//>`}
    <${Account} />
    <${Field} label=${t("key")} problem=${problem && t(problem)}>
      ${(field) => html`<${SecretInput} ...${field} value=${typed} onInput=${type} inner=${input} />`}
    <//>
    <button class="button primary" disabled=${busy}>
      ${busy ? html`<${Spinner} label=${t("checking")} />` : html`<${Icon} name="key" />`}${t(busy ? "checking" : "enter")}
    </button>
    <${Origin} />
  </form>`;
}

/** Password managers keep a key under a name. Nobody types one here, so it is not to be seen. */
function Account() {
  return html`<input
    class="sr-only" type="text" name="username" autocomplete="username" value="API" readonly tabindex="-1" aria-hidden="true"
  />`;
}

function SecretInput({ value, onInput, inner, ...field }) {
  const t = useText(text);
  const [shown, show] = useState(false);
  return html`<div class="secret">
    <input
      ...${field} ref=${inner} type=${shown ? "text" : "password"} name="password" autocomplete="current-password"
      autocapitalize="none" spellcheck=${false} placeholder="mc-…" value=${value} onInput=${(event) => onInput(event.target.value)}
    />
    <button type="button" class="quiet-button" aria-label=${t(shown ? "hide_key" : "show_key")} onClick=${() => show(!shown)}>
      ${t(shown ? "hide" : "show")}
    </button>
  </div>`;
}

function Origin() {
  const t = useText(text);
  return html`<section class="key-origin">
    <h3>${t("where")}</h3>
    <ul>
      <li>${withCode(t("first", { command: "\0" }), "motioncast serve")}</li>
      <li>${withCode(t("another", { command: "\0" }), "motioncast keys create --name me")}</li>
    </ul>
    <p><${Icon} name="lock" />${t("stays")}</p>
  </section>`;
}

function withCode(sentence, code) {
  const [before, after] = sentence.split("\0");
  return html`${before}<code>${code}</code>${after}`;
}
