/** Variants: jobs that differ in nothing but the seed. */
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

/** What to submit to get a prediction's inputs run once more, with `seed` where one is given. */
export function inputsOf({ input, engine }, seed = input.seed ?? -1) {
  const { image, video, mode, prompt = "", resolution } = input;
  return { image, video, mode, prompt, resolution, seed, engine: input.engine || engine };
}
