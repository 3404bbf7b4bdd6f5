/** Where a finished video is, and until when. */
import { ownFile } from "../api.js";

/** {url, expires (ms since 1970), path of its player page} of a completed prediction, or null. */
export function outputOf({ outputs }) {
  const url = ownFile(outputs[0] ?? "");
  const [, , expires, signature, file] = url?.split("/") ?? [];
  if (!file?.endsWith(".mp4")) return inlineOutput(outputs[0]);
  return { url, expires: expires * 1000, watch: `watch/${expires}/${signature}/${file.slice(0, -4)}` };
}

/** The video of a job that was asked for as base64: it has no address. */
function inlineOutput(base64) {
  if (!base64 || base64.includes(":")) return null;
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return { url: URL.createObjectURL(new Blob([bytes], { type: "video/mp4" })), expires: null, watch: null };
}

/** Why the video at an address of this server cannot be had: the server's sentence, or "" where it can. */
export async function whyLost(url) {
  try {
    const answer = await fetch(url, { headers: { Range: "bytes=0-0" } });
    return answer.ok ? "" : (await answer.json()).message;
  } catch {
    return "";
  }
}

/** A name for the file on the reader's disk. */
export function fileName({ input, seed }) {
  return `motioncast-${input?.mode ?? "video"}-seed-${seed}.mp4`;
}

/** Whether an address opens on this very machine only. */
export function isLoopback(host) {
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
