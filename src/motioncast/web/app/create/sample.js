/** Files to try things out with: a picture of the mascot, and a clip in which another one like it waves. */
import { takeFile } from "./inputs.js";

const NAMES = { image: "character.jpg", video: "performer.mp4" };

/** Fill an input with its sample. */
export async function takeSample(kind) {
  const answer = await fetch("/web/sample/" + NAMES[kind]);
  takeFile(new File([await answer.blob()], NAMES[kind], { type: answer.headers.get("Content-Type") }), kind);
}
