/**
 * The two files of the next job: on their way to the server, there, and looked at. They are kept here and not in a
 * view, so that an upload goes on while another page is shown.
 */
import { ownFile, post, upload } from "../api.js";
import { saveDraft, takeDraft } from "../drafts.js";
import { useRedraw } from "../redraw.js";
import { kindOf } from "./kinds.js";
import { fetchSample, SAMPLES } from "./sample.js";

const EMPTY = {
  url: null, // of the file on the server
  arriving: null, // {name, share, preview}: share is null while the server fetches it, preview shows what is sent
  looking: false,
  seen: null, // what the server sees in it
  problem: null, // the server's sentence
  note: null, // a name in text.js, with {file}
};

const state = { image: EMPTY, video: EMPTY };
const work = { image: null, video: null }; // what goes on, to be given up
const listeners = new Set();

/** The two inputs in a view. */
export function useInputs() {
  useRedraw(listeners);
  return state;
}

/** Take a file; `wanted` is the input it was meant for, but a picture is no video: its kind decides. */
export function takeFile(file, wanted) {
  const found = kindOf(file);
  const kind = found ?? wanted ?? firstEmpty();
  if (found === "neither") return change(wanted ?? firstEmpty(), { note: ["neither", file.name] });
  const preview = URL.createObjectURL(file);
  const send = (signal, onProgress) => upload(file, { signal, onProgress });
  return bring(kind, { name: file.name, share: 0, preview }, send, wanted && wanted !== kind);
}

/** Fill an input with its sample. */
export function takeSample(kind) {
  const send = async (signal, onProgress) => upload(await fetchSample(kind, signal), { signal, onProgress });
  return bring(kind, { name: SAMPLES[kind], share: 0, preview: null }, send);
}

/** Have the server fetch a web address. */
export function takeAddress(url, wanted) {
  const kind = wanted ?? kindOf({ name: url.split(/[?#]/)[0], type: "" }) ?? firstEmpty();
  const send = (signal) => post("/api/v3/media/upload/url", { url }, { signal });
  return bring(kind === "neither" ? firstEmpty() : kind, { name: url, share: null, preview: null }, send);
}

/** Empty an input, or give up what is on its way to it. */
export function drop(kind) {
  begin(kind);
  const { url, seen, arriving } = state[kind];
  if (!arriving || !url) change(kind, EMPTY);
  else if (seen) change(kind, { arriving: null }); // what was there before stays
  else place(kind, url);
}

/** Make the inputs those of a draft; what is there already stays as it is. */
export function adopt(draft) {
  for (const kind of ["image", "video"]) {
    const url = draft[kind] ?? null;
    if (url === state[kind].url) continue;
    if (url === null) drop(kind);
    else if (ownFile(url)) place(kind, url);
    else if (/^https?:/i.test(url)) takeAddress(url, kind);
  }
}

async function bring(kind, arriving, send, moved = false) {
  const signal = begin(kind);
  change(kind, { arriving, looking: false, problem: null, note: null });
  try {
    const file = await send(signal, (share) => signal.aborted || change(kind, { arriving: { ...arriving, share } }));
    if (signal.aborted) return;
    change(kind, { arriving: null });
    const actual = file.type in state ? file.type : kind; // what it really is
    place(actual, file.url, moved || actual !== kind ? ["moved_" + actual, arriving.name] : null);
  } catch (error) {
    if (!signal.aborted) change(kind, { arriving: null, problem: error.message });
  } finally {
    if (arriving.preview) URL.revokeObjectURL(arriving.preview);
  }
}

async function place(kind, url, note = null) {
  const signal = begin(kind);
  change(kind, { ...EMPTY, url, note, looking: true });
  try {
    const seen = await post("/api/v3/media/inspect", { url, type: kind }, { signal });
    if (!signal.aborted) change(kind, { seen, looking: false });
  } catch (error) {
    // where the server is too busy to look, the check before the job tells what is wrong
    const problem = error.status === 400 ? error.message : null;
    if (!signal.aborted) change(kind, { looking: false, problem });
  }
}

/** Give up what goes on for an input; the signal of what begins. */
function begin(kind) {
  work[kind]?.abort();
  work[kind] = new AbortController();
  return work[kind].signal;
}

function firstEmpty() {
  return state.image.url || state.image.arriving ? "video" : "image";
}

function change(kind, values) {
  if ("url" in values) saveDraft({ ...takeDraft(), [kind]: values.url });
  state[kind] = { ...state[kind], ...values };
  for (const listener of listeners) listener();
}
