/** What an MP4 says about its frames: when each begins, and whether there is sound. */
import { fetchFile } from "../api.js";

const HEAD_BYTES = 1 << 18; // our outputs begin with their index

/** {times, sound} of the video at an address of this server, or null where its index cannot be read; rejects without the file. */
export async function loadIndex(url) {
  if (url.startsWith("blob:")) return null; // the page's policy keeps scripts from reading it
  const answer = await fetchFile(url, { headers: { Range: `bytes=0-${HEAD_BYTES - 1}` } });
  return readIndex(await answer.arrayBuffer());
}

/** {times: the seconds at which its frames begin, sound: whether it has any}, or null. */
function readIndex(buffer) {
  try {
    const view = new DataView(buffer);
    const tracks = boxes(view, { start: 0, end: view.byteLength }, "moov").flatMap((moov) => boxes(view, moov, "trak"));
    const media = tracks.map((track) => one(view, track, "mdia"));
    const kinds = media.map((box) => word(view, one(view, box, "hdlr").start + 8));
    const video = media[kinds.indexOf("vide")];
    return video ? { times: timesOf(view, video), sound: kinds.includes("soun") } : null;
  } catch (error) {
    if (error instanceof RangeError) return null; // cut off, or no MP4
    throw error;
  }
}

/** Seconds of presentation: durations added up, shifted by what the encoder put out of order. */
function timesOf(view, media) {
  const header = one(view, media, "mdhd");
  const scale = view.getUint32(header.start + (view.getUint8(header.start) ? 20 : 12));
  const table = one(view, one(view, media, "minf"), "stbl");
  const durations = runs(view, one(view, table, "stts"));
  const [shifts] = boxes(view, table, "ctts").map((box) => runs(view, box));
  let decoded = 0;
  const ticks = durations.map((duration, frame) => {
    const tick = decoded + (shifts?.[frame] ?? 0);
    decoded += duration;
    return tick;
  });
  ticks.sort((a, b) => a - b);
  return ticks.map((tick) => (tick - ticks[0]) / scale);
}

/** A table of (count, value) pairs, written out. */
function runs(view, { start }) {
  const values = [];
  for (let left = view.getUint32(start + 4), at = start + 8; left > 0; left -= 1, at += 8) {
    const count = view.getUint32(at);
    if (values.length + count > 1_000_000) throw new RangeError("more frames than any output has");
    for (let i = 0; i < count; i += 1) values.push(view.getInt32(at + 4));
  }
  return values;
}

function one(view, box, type) {
  const [found] = boxes(view, box, type);
  if (!found) throw new RangeError(`no ${type}`);
  return found;
}

/** The boxes of a type inside another, without their headers. */
function boxes(view, { start, end }, type) {
  const found = [];
  for (let at = start; at + 8 <= end; ) {
    const size = view.getUint32(at);
    if (size < 8) break; // 0 and 1 mean the media data itself, behind which nothing is looked for
    if (word(view, at + 4) === type) found.push({ start: at + 8, end: at + size });
    at += size;
  }
  return found;
}

function word(view, at) {
  return String.fromCharCode(...[0, 1, 2, 3].map((place) => view.getUint8(at + place)));
}
