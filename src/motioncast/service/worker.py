"""A worker process: `python -m motioncast.service.worker EXECUTOR`, started and watched by the supervisor.

Standard input is its lifeline: a byte asks it to hand its job back and end, and when it closes, the server is gone and
the worker ends at once. Standard output carries a sign of life a second. Signals to the whole process group are not for
it: the server tells its workers when to stop.
"""

import logging
import os
import shutil
import signal
import sys
import threading
import time

from motioncast.engines.registry import engine_name
from motioncast.limits import end_with_parent, limit_memory
from motioncast.service import predictions
from motioncast.service.database import Database
from motioncast.service.execution import Execution
from motioncast.service.heartbeat import Heart
from motioncast.service.jobs import PREDICTIONS, JobEngine
from motioncast.service.logs import configure_logging
from motioncast.service.settings import ServiceSettings
from motioncast.service.storage import Storage
from motioncast.service.supervisor import LIVING, READY
from motioncast.settings import given, read_settings

_SIGN_S = 1.0
#: a job without a step for so long is stuck in a library: only ending the process helps
_STALLED_S = {"puppet": 240.0, "wan": 3600.0}  # wan may be fetching tens of gigabytes
_PARK_S = 20.0
_NICENESS = 10  #: rendering must not keep callers waiting
_STUCK = 70
_log = logging.getLogger(__name__)


def main() -> None:
    """Work until told to stop."""
    executor_id = sys.argv[1]
    settings = read_settings(ServiceSettings)
    configure_logging(settings.log_format, process=executor_id)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    end_with_parent()
    threading.Thread(target=_obey_the_server, args=(stop,), daemon=True).start()
    os.nice(_NICENESS)
    if engine_name(settings.engine) != "wan" or given("worker_mib"):  # weights alone are larger than any sane limit
        limit_memory(settings.worker_mib)
    scratch = settings.scratch_dir / executor_id
    shutil.rmtree(scratch, ignore_errors=True)
    execution = Execution(settings, Database(settings.database_path), Storage(settings.media_dir), scratch)
    ready = threading.Event()
    patience_s = _STALLED_S[engine_name(settings.engine)]
    threading.Thread(target=_show_life, args=(execution, ready, patience_s), daemon=True).start()
    engine = JobEngine(settings.jobs_path, executor_id, execution)
    heart = Heart(execution.database, executor_id, engine.pick_up_lost)
    heart.enlist()
    engine.launch([PREDICTIONS], settings.concurrency)
    ready.set()
    _ = execution.stages  # loaded now, not when the first job comes
    heart.start()
    stop.wait()
    _hand_back(execution)
    os._exit(0)  # threads of a parked job hold nothing that needs an orderly end


def _hand_back(execution: Execution) -> None:
    """Leave the job in hand, at its next step if that comes soon; its finished pieces are stored."""
    pulse = execution.pulse
    pulse.stopping.set()
    if not pulse.prediction_id:
        return
    pulse.parked.wait(_PARK_S)
    with execution.database.write() as connection:
        predictions.hand_back(connection, pulse.prediction_id)


def _obey_the_server(stop: threading.Event) -> None:
    while sys.stdin.buffer.read(1):
        stop.set()
    os._exit(0)


def _show_life(execution: Execution, ready: threading.Event, patience_s: float) -> None:
    while True:
        pulse = execution.pulse
        if pulse.prediction_id and time.monotonic() - pulse.moved_at > patience_s:
            _log.error("a job has not moved for %.0f s: ending this worker", patience_s)
            os._exit(_STUCK)
        try:
            os.write(1, READY if ready.is_set() else LIVING)
        except OSError:
            os._exit(0)  # the server is gone
        if ready.is_set():
            time.sleep(_SIGN_S)
        else:
            ready.wait(_SIGN_S)


if __name__ == "__main__":
    main()
