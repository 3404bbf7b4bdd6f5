/** How long ago something was. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { locale } from "../i18n.js";

const UNITS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

/** "3 minutes ago", in the reader's language. */
export function ago(timestamp, now) {
  let amount = Math.max(0, (now - Date.parse(timestamp)) / 1000);
  for (const [unit, size] of UNITS) {
    if (amount < size) return new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "short" }).format(-Math.floor(amount), unit);
    amount /= size;
  }
  return "";
}

/** The time now, moving on every 20 s so that what is shown stays true. */
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(now, Date.now());
}
