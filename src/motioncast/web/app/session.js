/** What this browser remembers: the API key, the language, the theme. Views follow it with `useSession`. */
import { useRedraw } from "./redraw.js";

const PREFIX = "motioncast.";
const LANGUAGES = ["en", "zh"];
const listeners = new Set();
/** Where storage is blocked, things are remembered until the page is closed. */
const fallback = new Map();

/** The value remembered under `name`, or null. */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? fallback.get(name) ?? null;
  } catch {
    return fallback.get(name) ?? null;
  }
}

/** Remember `value` under `name`; null forgets it. */
export function remember(name, value) {
  fallback.set(name, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // kept in `fallback`
  }
}

const state = {
  key: recall("key"),
  language: LANGUAGES.includes(recall("language")) ? recall("language") : preferred(),
  theme: recall("theme") ?? "system",
  /** Why the last key was refused, to be shown at sign-in. */
  refusal: "",
};

/** The session now, for code that is no view. */
export function session() {
  return state;
}

/** The session in a view, which is drawn again whenever it changes. */
export function useSession() {
  useRedraw(listeners);
  return state;
}

/** Keep a key; null where the server has refused it. */
export function setKey(key, refusal = "") {
  remember("key", key);
  change({ key, refusal });
}

/** Leave nothing of the account in this browser: neither the key, nor the draft, nor what the page has in memory. */
export function signOut() {
  remember("key", null);
  remember("draft", null);
  location.hash = "#/";
  location.reload();
}

export function setLanguage(language) {
  remember("language", language);
  document.documentElement.lang = language;
  change({ language });
}

/** "light", "dark" or "system". */
export function setTheme(theme) {
  remember("theme", theme === "system" ? null : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  change({ theme });
}

/** A link of the form `/#key=mc-…`, as the server prints on its first start, signs in; the key leaves the address bar. */
export function takeKeyFromAddress() {
  const found = /^#key=([\w-]+)$/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname + "#/");
  setKey(found[1]);
}

function change(values) {
  Object.assign(state, values);
  for (const listener of listeners) listener();
}

function preferred() {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

document.documentElement.lang = state.language;
