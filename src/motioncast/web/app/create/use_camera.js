/** The camera of this device while a view is there. */
import { useEffect, useState } from "/web/vendor/preact.js";

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/**
 * {stream, problem, several}: `problem` is a name in text.js; `several` whether there is another camera to turn to.
 * `facing` is "user" or "environment". Without a microphone, or where it is refused, there is no sound.
 */
export function useCamera({ facing, sound }) {
  const [camera, setCamera] = useState({ stream: null, problem: null, several: false });
  useEffect(() => {
    let stream = null;
    let gone = false;
    const open = async () => {
      stream = await ask({ facing, sound });
      if (gone) return release(stream);
      const devices = await navigator.mediaDevices.enumerateDevices();
      const several = devices.filter(({ kind }) => kind === "videoinput").length > 1;
      if (!gone) setCamera({ stream, problem: null, several });
    };
    open().catch((error) => gone || setCamera({ stream: null, problem: reasonOf(error), several: false }));
    return () => {
      gone = true;
      release(stream);
    };
  }, [facing, sound]);
  return camera;
}

async function ask({ facing, sound }) {
  const video = { ...PICTURE, facingMode: facing };
  if (!sound) return navigator.mediaDevices.getUserMedia({ video });
  return navigator.mediaDevices.getUserMedia({ video, audio: true }).catch(() => navigator.mediaDevices.getUserMedia({ video }));
}

function reasonOf(error) {
  if (!navigator.mediaDevices) return "camera_insecure";
  return { NotAllowedError: "camera_refused", NotFoundError: "camera_none" }[error.name] ?? "camera_busy";
}

function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
