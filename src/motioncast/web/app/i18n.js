/**
 * Words in the reader's language. Every feature brings its own `text.js`:
 * `export const text = { en: { title: "History", found: "{n} found" }, zh: { … } }`.
 */
import { session, useSession } from "./session.js";

/** In a view: `const t = useText(text)`, then `t("found", { n: 3 })`. */
export function useText(text) {
  useSession();
  return (name, values) => translate(text, name, values);
}

/** A sentence by its name, with `{…}` filled in. A name that is missing in a language shows in English. */
function translate(text, name, values = {}) {
  const sentence = text[session().language]?.[name] ?? text.en[name];
  if (sentence === undefined) throw new Error(`no text is called ${name}`);
  return sentence.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** The locale of dates and numbers. */
export function locale() {
  return session().language === "zh" ? "zh-CN" : "en";
}

/** US dollars as a person writes them. */
export function dollars(amount) {
  const digits = amount !== 0 && Math.abs(amount) < 0.01 ? 4 : 2;
  return "$" + amount.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Seconds as a person says them: 8 s, 1 min 20 s. */
export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const words = session().language === "zh" ? [" 小时", " 分", " 秒"] : [" h", " min", " s"];
  const parts = [hours, minutes, hours ? 0 : rest].map((value, place) => (value ? value + words[place] : ""));
  return parts.filter(Boolean).join(" ") || "1" + words[2];
}

/** A moment in the reader's own time zone. */
export function moment(timestamp) {
  return new Date(timestamp).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}
