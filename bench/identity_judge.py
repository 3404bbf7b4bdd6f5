"""Embeddings of the faces of one clip by dlib's recognition network, run by the judge's own Python; nothing of ours.

Usage: PYTHON identity_judge.py CLIP TRACK.npz OUT.npz COUNT

TRACK.npz is what `judge_tracks.py` wrote for CLIP: it says where the face is, as dlib's own detector does not know
statues and drawings. OUT.npz: `embedding` (COUNT, 128) of frames at equal distances among those with a face, `frames`.
"""

import sys
import warnings
from importlib.resources import files
from typing import Any

import av
import dlib
import numpy as np

FACE = 468
#: dlib's landmark model expects the box of dlib's detector: a square from the brows to the chin
BOX_SIDE, BOX_DOWN = 1.0, 0.06
PADDING = 0.25  #: of the aligned face chip, as the network was trained


def face_box(face_px: Any) -> Any:
    """The square that dlib's detector would give a face with these landmarks."""
    low, high = face_px[:FACE, :2].min(axis=0), face_px[:FACE, :2].max(axis=0)
    width = np.linalg.norm(face_px[234] - face_px[454])
    centre = (low + high) / 2 + [0, BOX_DOWN * width]
    half = BOX_SIDE * width / 2
    return dlib.rectangle(*(round(float(v)) for v in (*(centre - half), *(centre + half))))


def main(clip: str, track: str, out: str, count: str) -> None:
    """Embed up to `count` faces."""
    warnings.filterwarnings("ignore")
    models = files("face_recognition_models").joinpath("models")
    landmarks = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    network = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))
    with np.load(track) as file:
        face_px = file["face_px"].astype(np.float64)
    seen = np.flatnonzero(np.isfinite(face_px).all(axis=(1, 2)))
    places = np.linspace(0, len(seen) - 1, min(int(count), len(seen))).round().astype(int)
    chosen = {int(index) for index in seen[places]}
    embeddings, frames = [], []
    with av.open(clip) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in chosen:
                image = np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
                points = landmarks(image, face_box(face_px[index]))
                embeddings.append(np.array(network.compute_face_descriptor(image, points, 0, PADDING)))
                frames.append(index)
    np.savez_compressed(out, embedding=np.array(embeddings).reshape(-1, 128), frames=np.array(frames, int))


if __name__ == "__main__":
    main(*sys.argv[1:])
