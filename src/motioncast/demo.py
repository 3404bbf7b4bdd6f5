"""The demo: the main job in both modes on sample media, and a contact sheet of what came out."""

from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from motioncast.arrays import Image
from motioncast.media.image import load_image
from motioncast.media.preview import contact_sheet, save_png
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.pipeline import AnimateResult, animate
from motioncast.progress import OnProgress
from motioncast.request import AnimateRequest, Mode
from motioncast.samples import ensure_samples
from motioncast.settings import load_settings

_COLUMNS, _TILE_PX = 6, 220


def run_demo(folder: Path, on_progress: OnProgress, on_result: Callable[[AnimateResult], None]) -> Path:
    """Write animate.mp4, replace.mp4 and sheet.png into `folder`; returns the sheet's path."""
    settings = load_settings()
    samples = ensure_samples(settings)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[list[Image]] = []
    with as_file(files("motioncast") / "assets" / "mascot.png") as mascot:
        jobs = [
            AnimateRequest(samples / "astronaut.png", samples / "carphone_pristine.mp4", seed=7),
            AnimateRequest(mascot, samples / "cam01.mp4", mode=Mode.REPLACE, seed=7),
        ]
        for request in jobs:
            result = animate(request, folder / f"{request.mode}.mp4", on_progress, settings)
            on_result(result)
            reference = load_image(Path(request.image)).rgb
            rows += [[reference, *_moments(Path(request.video))], [reference, *_moments(result.output)]]
    labels = [f"{mode}: {row}" for mode in Mode for row in ("driving video", "result")]
    sheet = folder / "sheet.png"
    save_png(sheet, contact_sheet(rows, _TILE_PX, labels))
    return sheet


def _moments(clip: Path) -> list[Image]:
    """Frames at equal distances through a clip."""
    info = probe_video(clip)
    wanted = set(np.linspace(0, len(info.timeline) - 1, _COLUMNS).astype(int).tolist())
    return [image for index, image in VideoReader(info, max_side=832) if index in wanted]
