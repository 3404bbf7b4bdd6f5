/** Where a finished video is, and until when. */
import { useEffect, useMemo } from "/web/vendor/preact.js";
import { fetchFile, ownFile } from "../api.js";

const INTERRUPTED = "The connection was lost while the video was loading.";

/** {url, expires (ms since 1970), path of its player page} of a completed prediction, or null; as long as the view is there. */
export function useOutput(prediction) {
  const output = useMemo(() => outputOf(prediction), [prediction.id]);
  useEffect(() => () => output?.watch === null && URL.revokeObjectURL(output.url), [output]);
  return output;
}

function outputOf({ outputs }) {
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

/**
 * Why the video at an address of this server does not play, where the browser gives `error` (a MediaError): {gone,
 * message}. `gone` means that the server no longer has it; message is "" where the browser cannot play what it has got.
 */
export async function whyLost(url, error) {
  if (url.startsWith("blob:")) return { gone: false, message: "" };
  try {
    await fetchFile(url, { headers: { Range: "bytes=0-0" } });
    return { gone: false, message: error?.code === MediaError.MEDIA_ERR_NETWORK ? INTERRUPTED : "" };
  } catch ({ status, message }) {
    return { gone: status === 404, message };
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
