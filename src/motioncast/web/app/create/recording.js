/** Files made of what a camera sees. Nothing is mirrored in them: only the live view is. */

const CONTAINERS = ["video/mp4", "video/webm"]; // MP4 first: it says how long it is

/** A JPEG of what `video` shows now; rejects where it shows nothing. */
export async function snapshot(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  if (!blob) throw new Error("the video has no picture");
  return new File([blob], "camera.jpg", { type: blob.type });
}

/** Begin to record; `stop()` ends it, `file` is a promise of the file. Throws where the browser cannot record. */
export function record(stream) {
  const mimeType = CONTAINERS.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 5_000_000 });
  const chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const file = new Promise((resolve) => {
    recorder.onstop = () => {
      const type = recorder.mimeType.split(";")[0];
      resolve(new File(chunks, "camera." + type.split("/")[1], { type }));
    };
  });
  recorder.start();
  return { file, stop: () => recorder.state === "inactive" || recorder.stop() };
}
