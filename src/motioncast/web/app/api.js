/** Calls of the server's API on behalf of the key that is signed in. */
import { refuseKey, session } from "./session.js";

export const MODEL = "wavespeed-ai/wan-2.2/animate";
const QUIET_MS = 25_000; // the server sends something every 10 s
const ENDED = new Set(["completed", "failed", "cancelled", "timeout"]);

/** An answer that is no success. `message` is the server's sentence; `status` 0 means that there was no answer. */
export class ApiFailure extends Error {
  constructor(status, message, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Whether a prediction is over. */
export function hasEnded(prediction) {
  return ENDED.has(prediction.status);
}

/** `data` of a GET. */
export function get(path, options = {}) {
  return call("GET", path, options);
}

/** `data` of a POST with a JSON body. */
export function post(path, body = {}, options = {}) {
  return call("POST", path, { ...options, body: JSON.stringify(body), type: "application/json" });
}

/** `data` of a DELETE. */
export function remove(path, options = {}) {
  return call("DELETE", path, options);
}

/** `key` is the one that is signed in, unless another is tried. */
async function call(method, path, { body, type, headers = {}, signal, key = session().key } = {}) {
  let status, text;
  try {
    const answer = await fetch(path, {
      method,
      body,
      signal,
      headers: { ...authorization(key), ...(type ? { "Content-Type": type } : {}), ...headers },
    });
    status = answer.status;
    text = await answer.text(); // the line may break here, too
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  return unwrap(status, text, key);
}

/** Send a File to the server. `onProgress` gets the share sent, 0 to 1. Resolves to {url, type, filename, size}. */
export function upload(file, { onProgress = () => {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
    const form = new FormData();
    const { key } = session();
    form.append("file", file, file.name);
    request.open("POST", "/api/v3/media/upload/binary");
    for (const [name, value] of Object.entries(authorization(key))) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("given up", "AbortError"));
    request.onload = () => {
      try {
        resolve(unwrap(request.status, request.responseText, key));
      } catch (error) {
        reject(error);
      }
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * Follow a prediction until it ends: `onChange(prediction)` at every step, `onPreview({frame, image})` for frames while
 * it renders (a data URI). Connects again when the line breaks; rejects where the server says no.
 */
export async function follow(id, { onChange, onPreview = () => {}, onBroken = () => {}, signal }) {
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      for await (const event of eventsOf(id, signal)) {
        pause = 500;
        if (event.name === "preview") onPreview(event.data);
        else if (event.name === "deleted") throw new ApiFailure(404, "The prediction was deleted.");
        else onChange(event.data);
        if (ENDED.has(event.name)) return;
      }
    } catch (error) {
      if (error.name === "AbortError" && signal?.aborted) return;
      if (error instanceof ApiFailure && error.status && error.status < 500) throw error;
      onBroken();
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (signal?.aborted) return;
  }
}

/** Server-sent events by fetch: an EventSource cannot send the key. */
async function* eventsOf(id, signal) {
  const quiet = new AbortController();
  const stop = () => quiet.abort();
  signal?.addEventListener("abort", stop);
  const { key } = session();
  let timer = setTimeout(stop, QUIET_MS);
  try {
    const answer = await fetch(`/api/v3/predictions/${id}/events`, { headers: authorization(key), signal: quiet.signal });
    if (!answer.ok) unwrap(answer.status, await answer.text(), key);
    yield* readEvents(answer, () => {
      clearTimeout(timer);
      timer = setTimeout(stop, QUIET_MS);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    quiet.abort();
  }
}

/** The events of a stream, {name, data}, as they come; `onBytes()` also hears what only keeps the line open. */
export async function* readEvents(answer, onBytes = () => {}) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let pending = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    onBytes();
    const blocks = (pending + value).split("\n\n");
    pending = blocks.pop();
    for (const block of blocks) {
      const found = /^event: (\w+)\ndata: (.*)$/s.exec(block);
      if (found) yield { name: found[1], data: JSON.parse(found[2]) };
    }
  }
}

/** The Response with a file of this server's, for which no key is needed; rejects where there is none to be had. */
export async function fetchFile(path, { headers, signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, { headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!answer.ok) unwrap(answer.status, await answer.text(), null);
  return answer;
}

/** The path of an address that is a file of this server's (an upload or an output), else null: the page shows nothing of other hosts. */
export function ownFile(url) {
  try {
    const { pathname } = new URL(url, location.href);
    return /^\/(m\/[0-9a-f]{32}\.\w+|o\/\d+\/[0-9a-f]{40}\/[0-9a-f]{32}\.\w+)$/.test(pathname) ? pathname : null;
  } catch {
    return null;
  }
}

function authorization(key) {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** `data` of an answer to a request that was sent with `key`. */
function unwrap(status, text, key) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new ApiFailure(status, `The server answered ${status} with something that is not JSON.`);
  }
  if (status === 200) return content.data;
  if (status === 401) refuseKey(key, content.message);
  throw new ApiFailure(status, content.message ?? `The server answered ${status}.`, content.error_code);
}

function unreachable() {
  return new ApiFailure(0, "The server does not answer: check that it runs, then try again.");
}
