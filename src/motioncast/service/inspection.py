"""The process that looks into untrusted files for the server: `python -m motioncast.service.inspection`.

Decoders are the part of a service that hostile files attack, so the server itself never decodes. It asks this process:
one JSON object a line in, one out. The process has its own memory limit, and the server ends it when an answer takes
too long.
"""

import base64
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from motioncast.errors import MotioncastError
from motioncast.heap import map_large_blocks
from motioncast.limits import limit_memory


def main() -> None:
    """Answer questions until the input ends. The first argument is the memory limit in MiB."""
    limit_memory(int(sys.argv[1]))
    map_large_blocks()  # so that what a large file took goes back
    # anything that a library prints, in C too, must not end up between the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=answers, flush=True)


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    try:
        return _QUESTIONS[question["ask"]](**question["arguments"])
    except MotioncastError as error:
        return {"problem": str(error)}
    except MemoryError:
        return {"problem": "The file needs more memory than the server gives it: scale it down."}
    except Exception:
        traceback.print_exc()  # for the operator's log
        return {"problem": "The file could not be read: give another copy."}


def _video(path: str) -> dict[str, Any]:
    from motioncast.media.probe import probe_video

    info = probe_video(Path(path))
    return {"duration_s": info.duration_s, "width": info.width, "height": info.height, "truncated": info.truncated}


def _image(path: str) -> dict[str, Any]:
    from motioncast.media.image import load_image

    height, width = load_image(Path(path)).rgb.shape[:2]
    return {"width": width, "height": height}


def _pair(image: str, video: str, mode: str, resolution: str, engine: str) -> dict[str, Any]:
    from motioncast.check import check
    from motioncast.request import AnimateRequest, Mode, Resolution
    from motioncast.settings import load_settings

    request = AnimateRequest(image, video, mode=Mode(mode), resolution=Resolution(resolution), engine=engine)
    return {"warnings": check(request, load_settings())}


def _look(path: str, kind: str) -> dict[str, Any]:
    from motioncast.look import look_at_image, look_at_video
    from motioncast.media.preview import jpeg
    from motioncast.models import ensure_models
    from motioncast.settings import load_settings

    seen = (look_at_image if kind == "image" else look_at_video)(Path(path), ensure_models(load_settings()))
    lines = [{"part": line.part, "points": line.points} for line in seen.lines]
    return {
        "type": kind,
        "width": seen.width,
        "height": seen.height,
        "duration_s": seen.duration_s,
        "rate": seen.rate,
        "preview": "data:image/jpeg;base64," + base64.b64encode(jpeg(seen.picture)).decode(),
        "skeleton": {"lines": lines} if lines else None,
        "framing": seen.framing,
    }


_QUESTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "video": _video,
    "image": _image,
    "pair": _pair,
    "look": _look,
}

if __name__ == "__main__":
    main()
