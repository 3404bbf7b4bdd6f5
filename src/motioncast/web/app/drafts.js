/** What is in the composer, kept in this browser so that a reload or a look at another page loses nothing. */
import { recall, remember } from "./session.js";

/** Keep `{image, video, mode, prompt, resolution, seed, engine}`; `image` and `video` are addresses of files on the server. */
export function saveDraft(draft) {
  remember("draft", JSON.stringify(draft));
}

/** What was kept, or {}. */
export function takeDraft() {
  try {
    return JSON.parse(recall("draft")) ?? {};
  } catch {
    return {};
  }
}
