"""How long the puppet engine takes to make a character of a picture, with nothing else going on.

Usage: python -m bench.preparation REFERENCE DRIVING RESOLUTION

Runs in a process of its own. What has to be loaded for it counts; the start of the interpreter does not.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from motioncast.pipeline import open_job
from motioncast.request import AnimateRequest, Resolution
from motioncast.settings import load_settings


def measure_preparation(request: AnimateRequest) -> float:
    """Seconds from an opened job to a character that waits for its performer."""
    with tempfile.TemporaryDirectory() as folder:
        job = open_job(request, request.drawn_seed(), load_settings(), Path(folder))
        begin = time.perf_counter()
        from motioncast.engines.puppet.staging import cast_subject

        cast_subject(job)
        return time.perf_counter() - begin


if __name__ == "__main__":
    reference, driving, resolution = sys.argv[1:]
    request = AnimateRequest(reference, driving, resolution=Resolution(resolution), seed=7)
    print(json.dumps({"prepare_s": round(measure_preparation(request), 3)}))
