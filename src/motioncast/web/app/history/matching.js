/** Which jobs fit what is searched for. */
import { hasEnded } from "../api.js";

/** The choices of the status filter. */
export const STATUSES = ["all", "running", "completed", "failed", "cancelled"];

/** Whether a job has the status and every one of the words. */
export function fits(job, status, words) {
  if (!hasStatus(job, status)) return false;
  const content = haystack(job);
  return words.toLowerCase().split(/\s+/).every((word) => content.includes(word));
}

function hasStatus(job, status) {
  if (status === "all") return true;
  if (status === "running") return !hasEnded(job);
  return job.status === status || (status === "failed" && job.status === "timeout");
}

function haystack({ id, seed, engine, error, code, warnings, input }) {
  const parts = [id, seed, engine, error, code, input?.prompt, input?.mode, input?.resolution, ...(warnings ?? [])];
  return parts.filter((part) => part !== undefined && part !== null).join("\n").toLowerCase();
}
