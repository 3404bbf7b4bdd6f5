"""The floor of a job: decode and networks, then encode, on the threads that the product may use; no rendering.

Usage: python -m bench.floor DRIVING OUTPUT    (OUTPUT: what the product made of DRIVING)

Runs in a process of its own. Its time is taken inside, without the start of the interpreter, which counts against the
product. What is encoded is the product's own output, decoded beforehand, because the time depends on the content.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from bench.clips import to_and_fro
from bench.frames import read_frames
from motioncast.engines.engine import FOLLOWED_SIDE_PX
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.media.writer import encode_segment
from motioncast.models import ensure_models
from motioncast.perception.tracker import track_video
from motioncast.progress import ignore_progress
from motioncast.settings import load_settings

SEGMENT_FRAMES = 75
_HELD_FRAMES = 64


def measure_floor(driving: Path, output: Path) -> dict[str, float]:
    """Seconds of tracking (decode and networks) and of encoding the whole clip."""
    settings = load_settings()
    models = ensure_models(settings)
    info = probe_video(driving)
    count = len(info.timeline)
    begin = time.perf_counter()
    reader = VideoReader(info, max_side=FOLLOWED_SIDE_PX)
    track_video(reader, info.width, info.height, float(info.rate), count, models, ignore_progress)
    track_s = time.perf_counter() - begin

    held = list(islice(read_frames(output), _HELD_FRAMES))

    def encode(first: int) -> None:
        images = islice(to_and_fro(held), min(SEGMENT_FRAMES, count - first))
        encode_segment(images, first, (held[0].shape[1], held[0].shape[0]), info.rate)

    begin = time.perf_counter()
    with ThreadPoolExecutor(settings.threads) as pool:
        list(pool.map(encode, range(0, count, SEGMENT_FRAMES)))
    return {"track_s": track_s, "encode_s": time.perf_counter() - begin}


if __name__ == "__main__":
    print(json.dumps(measure_floor(Path(sys.argv[1]), Path(sys.argv[2]))))
