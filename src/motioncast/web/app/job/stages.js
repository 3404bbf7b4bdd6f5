/** The stages of a job as a person sees them. */

/** In the order in which they begin. */
export const STEPS = ["queued", "fetch", "prepare", "track", "render", "finish"];

const PLANNED = 0.1; // "prepare" reads the picture before this share of a job, and plans the performance after it

/** Which of STEPS a prediction is in, and the name of the words for it. */
export function stageOf({ status, stage, progress, queue_position: place }) {
  if (status === "created") return { step: 0, words: place === 1 ? "stage_next" : place ? "stage_queued" : "stage_waiting" };
  if (stage === "prepare" && progress > PLANNED) return { step: STEPS.indexOf("track"), words: "stage_plan" };
  const step = STEPS.indexOf(stage);
  return step > 0 ? { step, words: `stage_${stage}` } : { step: 1, words: "stage_working" };
}
