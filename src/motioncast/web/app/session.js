/** What this browser remembers: the API key, the language, the theme. Views follow it with `useSession`. */
import { useRedraw } from "./redraw.js";

const PREFIX = "motioncast.";
const LANGUAGES = ["en", "zh"];
const listeners = new Set();
/** What storage did not take, because it is blocked or full: it is remembered until the page is closed. */
const fallback = new Map();

/** The value remembered under `name`, or null. */
export function recall(name) {
  if (fallback.has(name)) return fallback.get(name);
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Remember `value` under `name`; null forgets it. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
    fallback.delete(name);
  } catch {
    fallback.set(name, value);
  }
}

const state = {
  key: recall("key"),
  language: LANGUAGES.includes(recall("language")) ? recall("language") : preferred(),
  theme: recall("theme") ?? "system",
  /** Why the last key was refused, to be shown at sign-in. */
  refusal: "",
  /** `{ key }`, another one, which a link has brought: the person is asked first. */
  offered: null,
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

/** Enough of a key to tell keys apart, too little to use one. */
export function masked(key) {
  return key.length > 16 ? `${key.slice(0, 6)}…${key.slice(-4)}` : "…";
}

/** Sign in. What is on the page stays, unless it belongs to another key. */
export function setKey(key) {
  const before = state.key ? masked(state.key) : recall("refused");
  remember("key", key);
  remember("refused", null);
  if (before !== null && before !== masked(key)) startAfresh();
  else change({ key, refusal: "", offered: null });
}

/** The server has refused `key`: sign out, unless another tab has signed in with another key since it was sent. */
export function refuseKey(key, refusal) {
  if (!key || recall("key") !== key) return;
  remember("refused", masked(key)); // whoever signs in with it again finds the draft as it was
  remember("key", null);
  change({ key: null, refusal });
}

/** Leave nothing of the account in this browser: neither the key, nor the draft, nor what the page has in memory. */
export function signOut() {
  remember("key", null);
  remember("refused", null);
  startAfresh();
}

function startAfresh() {
  remember("draft", null);
  showFirstPage();
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

/**
 * A link of the form `/#key=mc-…`, as the server prints on its first start, signs in; the key leaves the address bar.
 * Who is signed in already is asked: anybody can make such a link, and what is added later belongs to its key.
 */
export function takeKeyFromAddress() {
  const found = /^#key=([\w-]+)$/.exec(location.hash);
  if (!found) return;
  showFirstPage();
  if (state.key && state.key !== found[1]) change({ offered: { key: found[1] } });
  else setKey(found[1]);
}

/** Stay with the key that is signed in. A newer offer stands: a window's `close` event may come late. */
export function declineKey(offered) {
  if (state.offered === offered) change({ offered: null });
}

/** In the address alone: no page is told. */
function showFirstPage() {
  history.replaceState(null, "", location.pathname + "#/");
}

function change(values) {
  Object.assign(state, values);
  for (const listener of listeners) listener();
}

function preferred() {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

// another tab has signed in or out: what this one shows is of another account
addEventListener("storage", ({ key }) => {
  if ((key === null || key === PREFIX + "key") && recall("key") !== state.key) location.reload();
});

// a tab that was slow to hear of a sign-out may have kept its draft after that
if (!state.key && recall("refused") === null) remember("draft", null);

document.documentElement.lang = state.language;
