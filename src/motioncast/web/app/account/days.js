/** Usage by day. Days are the server's: in UTC. */
import { locale } from "../i18n.js";

const DAY_MS = 86_400_000;
const SHOWN = 31;

/** The last 31 days, oldest first, as {date, jobs, completed, cost}; days that the server leaves out had no jobs. */
export function lastDays(usage, now = Date.now()) {
  const known = new Map(usage.daily_usage.map((day) => [day.date, day]));
  return Array.from({ length: SHOWN }, (_, place) => {
    const date = new Date(now - (SHOWN - 1 - place) * DAY_MS).toISOString().slice(0, 10);
    const day = known.get(date);
    return {
      date,
      jobs: day?.total_requests ?? 0,
      completed: day?.success_requests ?? 0,
      cost: day?.total_cost ?? 0,
    };
  });
}

/** Of these days, those in the month of the last one. A month has at most 31, so none is missing. */
export function thisMonth(days) {
  const month = days.at(-1).date.slice(0, 7);
  return days.filter(({ date }) => date.startsWith(month));
}

/** The sum over days of one of their numbers. */
export function sum(days, name) {
  return days.reduce((total, day) => total + day[name], 0);
}

/** "24 Nov", as the reader writes it. */
export function dayName(date) {
  return new Date(date + "T00:00:00Z").toLocaleDateString(locale(), { month: "short", day: "numeric", timeZone: "UTC" });
}
