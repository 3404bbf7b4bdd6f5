"""The independent judge: mediapipe's Holistic and dlib in a virtual environment of their own, asked by subprocess."""

import hashlib
import os
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from motioncast.arrays import Float64, Image

REPOSITORY = Path(__file__).resolve().parent.parent
JUDGE_HOME = REPOSITORY / ".judge"
JUDGE_PYTHON = JUDGE_HOME / "bin" / "python"
SCRIPT = Path(__file__).with_name("judge_tracks.py")
IDENTITY_SCRIPT = Path(__file__).with_name("identity_judge.py")
PACKAGES = ("mediapipe==0.10.21", "av==18.1.0", "dlib-bin==20.0.1.post1", "face_recognition_models==0.3.0")


class BenchError(Exception):
    """A measurement cannot be taken; the text is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class JudgeTrack:
    """What the judge saw in N frames; NaN where it saw nothing. Pixels as in `judge_tracks.py`."""

    size_px: tuple[int, int]  #: width, height
    body_px: Float64  #: (N, 33, 3)
    body_visibility: Float64  #: (N, 33), 0..1
    body_world_m: Float64  #: (N, 33, 3)
    face_px: Float64  #: (N, 478, 3)
    masks: tuple[bytes, ...]  #: zlib of (256, 256) uint8, stretched over the frame

    def __len__(self) -> int:
        return len(self.body_px)

    @property
    def visibility_in_picture(self) -> Float64:
        """(N, 33) visibility, 0 for what lies beyond the picture's edge: there the judge guesses, however sure."""
        points = self.body_px[..., :2]
        return np.where(((points >= 0) & (points < self.size_px)).all(axis=2), self.body_visibility, 0.0)

    def person(self, index: int, size: tuple[int, int]) -> Image | None:
        """The (H, W) uint8 soft person mask of one frame at `size` (W, H), None where the judge saw nobody."""
        if not self.masks[index]:
            return None
        small = np.frombuffer(zlib.decompress(self.masks[index]), np.uint8).reshape(256, 256)
        return cv2.resize(small, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)

    @classmethod
    def load(cls, path: Path) -> "JudgeTrack":
        """Read what `judge_tracks.py` wrote."""
        with np.load(path) as file:
            ends = np.cumsum(file["mask_lengths"])
            blob = file["mask_bytes"].tobytes()
            starts = [0, *ends[:-1]]
            return cls(
                size_px=(int(file["size_px"][0]), int(file["size_px"][1])),
                body_px=file["body_px"].astype(np.float64),
                body_visibility=file["body_visibility"].astype(np.float64),
                body_world_m=file["body_world_m"].astype(np.float64),
                face_px=file["face_px"].astype(np.float64),
                masks=tuple(blob[a:b] for a, b in zip(starts, ends, strict=True)),
            )


@dataclass(frozen=True)
class Judge:
    """Looks at clips with another Python, at each file's content once."""

    python: Path
    cache: Path = JUDGE_HOME / "tracks"

    def track(self, clip: Path) -> JudgeTrack:
        """The judge's landmarks of every frame of `clip`. Raises `BenchError` when it cannot run."""
        return JudgeTrack.load(self._tracked(clip))

    def embeddings(self, clip: Path, count: int) -> Float64:
        """(K, 128) face embeddings of at most `count` frames in which the judge sees a face.

        Raises `BenchError` when it cannot run.
        """
        found = self._answer(IDENTITY_SCRIPT, clip, [str(self._tracked(clip))], [str(count)])
        with np.load(found) as file:
            return np.asarray(file["embedding"], np.float64)

    def _tracked(self, clip: Path) -> Path:
        return self._answer(SCRIPT, clip, [], [])

    def _answer(self, script: Path, clip: Path, before: list[str], after: list[str]) -> Path:
        """The file with what `script` says of `clip`: `script CLIP *before OUT *after`."""
        given = "".join(after).encode()
        key = hashlib.sha256(script.read_bytes() + clip.read_bytes() + given).hexdigest()[:32]
        cached = self.cache / f"{key}.npz"
        if not cached.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            part = self.cache / f"{key}.{os.getpid()}.part.npz"
            self._run([str(script), str(clip), *before, str(part), *after], clip)
            part.replace(cached)
        return cached

    def _run(self, arguments: list[str], clip: Path) -> None:
        quiet = {**os.environ, "GLOG_minloglevel": "3", "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [str(self.python), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise BenchError(f"The judge failed on {clip.name}: {last}")


def find_judge(python: Path | None, *, make: bool) -> Judge:
    """The judge to use: `python` if given, else the one in .judge, which `make` creates or completes.

    Raises `BenchError` with the commands that make it when there is none, or when a package is missing.
    """
    chosen = python or JUDGE_PYTHON
    if make and python is None and not _complete(chosen):
        make_judge()
    if not _complete(chosen):
        raise BenchError(
            "The quality bench needs its judge, which is not installed or incomplete: run `python3 -m venv .judge && "
            f".judge/bin/pip install {' '.join(PACKAGES)}`, or add --make-judge."
        )
    return Judge(chosen)


def _complete(python: Path) -> bool:
    """Whether a Python has all that the judge imports."""
    modules = "mediapipe", "av", "dlib", "face_recognition_models"
    look = f"import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, {modules})))"
    return python.exists() and subprocess.run([str(python), "-c", look], check=False).returncode == 0


def make_judge() -> None:
    """Create .judge with its packages. Raises `BenchError` when that fails."""
    steps = (
        [sys.executable, "-m", "venv", str(JUDGE_HOME)],
        [str(JUDGE_PYTHON), "-m", "pip", "install", "--quiet", *PACKAGES],
    )
    for step in steps:
        if subprocess.run(step, check=False).returncode:
            raise BenchError(f"The judge could not be made: `{' '.join(step)}` failed.")
