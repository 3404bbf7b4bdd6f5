/** A job's inputs once more: with another seed they make a variant. */
import { ownFile } from "../api.js";

const MAX_SEED = 2 ** 31 - 1;
const FIELDS = ["mode", "prompt", "resolution"];

/** Whether two predictions (with their `input`) are variants of one another. */
export function areVariants(one, other) {
  if (!one.input || !other.input || one.engine !== other.engine) return false;
  const alike = (field) => (one.input[field] ?? "") === (other.input[field] ?? "");
  // the same file may have been named by different names of this server
  const sameFile = (field) => fileOf(one.input[field]) === fileOf(other.input[field]);
  return FIELDS.every(alike) && sameFile("image") && sameFile("video");
}

function fileOf(url) {
  return ownFile(url) ?? url;
}

/** A seed by chance. */
export function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % (MAX_SEED + 1);
}

/**
 * What to submit to get a prediction's inputs run once more, with `seed` where one is given. The engine is named only
 * where the job named it and the server offers it; `engines` is empty while it is not known what those are.
 */
export function inputsOf({ input }, { seed = input.seed ?? -1, engines = [] } = {}) {
  const { image, video, mode, prompt = "", resolution, engine } = input;
  const named = engine && (!engines.length || engines.includes(engine));
  return { image, video, mode, prompt, resolution, seed, ...(named ? { engine } : {}) };
}

/** The inputs for the composer: of a finished video with the seed that was drawn for it. */
export function draftOf(prediction) {
  return inputsOf(prediction, prediction.status === "completed" ? { seed: prediction.seed } : {});
}

/** The engine that would run a prediction's inputs now, where that is another one than theirs; else null. */
export function otherEngine(prediction, { engines, standard }) {
  if (!engines.length || !prediction.input) return null;
  const { engine = standard } = inputsOf(prediction, { engines });
  return engine === prediction.engine || engine === "auto" ? null : engine;
}
