/** Files to try things out with: a picture of the mascot, and a clip in which another one like it waves. */
import { fetchFile } from "../api.js";

/** The names of the samples. */
export const SAMPLES = { image: "character.jpg", video: "performer.mp4" };

/** The sample for an input, as a File. */
export async function fetchSample(kind, signal) {
  const answer = await fetchFile("/web/sample/" + SAMPLES[kind], { signal });
  return new File([await answer.blob()], SAMPLES[kind], { type: answer.headers.get("Content-Type") });
}
