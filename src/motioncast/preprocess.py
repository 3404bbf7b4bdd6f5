"""The wan engine's conditions of one job as files, with a sheet to look at: what the model would see."""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motioncast.arrays import Image
from motioncast.engines.engine import Job, See
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.files import ConditionWriter
from motioncast.engines.wan.conditions.person_mask import MaskShape
from motioncast.engines.wan.conditions.reference import reference_canvas
from motioncast.engines.wan.conditions.stream import ConditionStream
from motioncast.engines.wan.planning import find_character, plan_stream
from motioncast.engines.wan.settings import WanSettings
from motioncast.errors import InputError, ProcessingError
from motioncast.following import follow_performer
from motioncast.media.preview import contact_sheet, save_png
from motioncast.media.probe import VideoInfo
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.pipeline import length_warnings, open_job
from motioncast.progress import OnProgress, Progress, ignore_progress
from motioncast.request import AnimateRequest
from motioncast.settings import Settings, load_settings, read_settings

SHEET = "sheet.png"
_MOMENTS = 6
_SHEET_HEIGHT_PX = 240


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """Finished conditions."""

    folder: Path
    frames: int
    fps: float
    size: tuple[int, int]  #: (W, H) of the output they are for
    warnings: list[str]


@dataclass
class _Sheet:
    """A few moments of the clip, kept as the conditions go by."""

    indices: frozenset[int]
    rows: dict[str, list[Image]] = field(default_factory=dict)

    def look(self, index: int, driving: Image, condition: Condition) -> None:
        if index not in self.indices:
            return
        shown = {
            "driving video": driving,
            "pose": condition.pose,
            "face": condition.face,
            "mask": condition.mask,
            "background": condition.background,
        }
        for label, image in shown.items():
            if image is not None:
                self.rows.setdefault(label, []).append(image)

    def drawn(self, reference: Image) -> Image:
        """(H, W, 3) the sheet, the reference image first."""
        rows = {"reference": [reference]} | self.rows
        return contact_sheet(list(rows.values()), _SHEET_HEIGHT_PX, list(rows))


def preprocess(
    request: AnimateRequest,
    folder: str | Path,
    shape: MaskShape | None = None,
    on_progress: OnProgress = ignore_progress,
    settings: Settings | None = None,
) -> Preprocessed:
    """Write the conditions of a job and `sheet.png` into `folder`, which is made if it is not there.

    Of the request, prompt, seed, engine and sound are not read. `shape` of the masks is the official one by default.
    Whatever stops the job, no partial file is left. Raises `InputError` when the request is at fault,
    `ProcessingError` when the machine is.
    """
    settings = settings or load_settings()
    folder = Path(folder)
    _check_folder(folder)
    with tempfile.TemporaryDirectory(prefix="motioncast-") as workdir:
        on_progress(Progress("fetch", 0, 1))
        job = open_job(request, request.drawn_seed(), settings, Path(workdir))
        on_progress(Progress("fetch", 1, 1))
        stream = _plan(job, shape, on_progress)
        _write(folder, stream, reference_canvas(job.reference, stream.size, stream.mode), job.driving, on_progress)
    return Preprocessed(
        folder=folder,
        frames=len(stream),
        fps=round(float(job.driving.rate), 3),
        size=stream.size,
        warnings=[*length_warnings(job.driving), *stream.warnings],
    )


def _check_folder(folder: Path) -> None:
    """Find out now, not after the tracking, that the folder cannot be written to."""
    try:
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    except (OSError, ValueError) as error:  # a name too long, a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The output {str(folder)[:200]} cannot be used ({reason}): choose another folder.") from error
    if not nearest.is_dir():
        raise InputError(f"{nearest} is a file: give the name of a folder to write to.")
    if not os.access(nearest, os.W_OK):
        raise InputError(f"The folder {nearest} cannot be written to: choose another output.")


def _plan(job: Job, shape: MaskShape | None, on_progress: OnProgress) -> ConditionStream:
    on_progress(Progress("prepare", 0, 1))
    still = find_character(job)
    on_progress(Progress("prepare", 1, 1))

    def follow(masks: bool, _: See) -> PerformanceTrack:
        return follow_performer(job.driving, job.models, masks, on_progress)

    return plan_stream(job, still, follow, read_settings(WanSettings), shape)


def _write(
    folder: Path, stream: ConditionStream, reference: Image, driving: VideoInfo, on_progress: OnProgress
) -> None:
    total = len(stream)
    sheet = _Sheet(frozenset(np.linspace(0, total - 1, _MOMENTS).round().astype(int).tolist()))
    with ConditionWriter(folder, stream.mode, stream.size, driving.rate, reference) as writer:
        for index, frame in VideoReader(driving, size=stream.driving_size):
            condition = stream.condition(index, frame)
            sheet.look(index, frame, condition)
            writer.write(condition)
            on_progress(Progress("render", index + 1, total, condition.pose))
        on_progress(Progress("finish", 0, 1))
    try:
        save_png(folder / SHEET, sheet.drawn(reference))
    except OSError as error:
        raise ProcessingError(f"The sheet could not be written to {folder}: {error.strerror or error}.") from error
    on_progress(Progress("finish", 1, 1))
