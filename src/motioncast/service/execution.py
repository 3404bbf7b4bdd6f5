"""What a worker does with a prediction, stage by stage. Each stage leaves its result in the database or the storage.

A stage that ran before a crash is not run again; one that was interrupted is, and finds its finished pieces.
"""

import logging
import random
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from motioncast.errors import Cancelled, InputError, ProcessingError
from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from motioncast.media.sniff import SNIFF_BYTES, sniff
from motioncast.media.source import FetchLimits, download
from motioncast.pipeline import animate
from motioncast.pricing import price_micro
from motioncast.progress import Progress
from motioncast.request import AnimateRequest, Resolution
from motioncast.service import conclusion, ledger, predictions, webhooks
from motioncast.service.conclusion import Ending, Output
from motioncast.service.database import Database, is_full, now_us
from motioncast.service.ids import sha256_hex
from motioncast.service.logs import context
from motioncast.service.running import Pulse, Reporter, StoredWork, TookTooLong
from motioncast.service.screening import Screening
from motioncast.service.settings import ServiceSettings
from motioncast.service.stamping import stamp
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import input_key, inputs_prefix, output_key, work_prefix
from motioncast.settings import load_settings

MAX_CRASHES = 3
_RETRY_S = 2.0
_JITTER = 0.1  #: of the waits between attempts at a webhook
_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_Stage = Callable[[predictions.Prediction], None]


class _Ended(Exception):
    """The job ends here."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.message)
        self.ending = ending


class Execution:
    """The `Tasks` of the job engine."""

    def __init__(self, settings: ServiceSettings, database: Database, storage: Storage, scratch: Path) -> None:
        self.settings, self.database, self.storage, self.scratch = settings, database, storage, scratch
        self.pulse = Pulse()
        self._screening = Screening(settings.moderation)

    @property
    def stages(self) -> Sequence[tuple[str, Callable[[str], bool]]]:
        """See `Tasks.stages`."""
        stages: tuple[tuple[str, _Stage, int], ...] = (
            ("fetch", self._fetch, conclusion.UNREACHABLE),
            ("probe", self._probe, conclusion.INVALID),
            ("hold", self._hold, conclusion.NO_CREDIT),
            ("moderate", self._moderate, conclusion.INVALID),
            ("render", self._render, conclusion.INVALID),
            ("moderate output", self._moderate_output, conclusion.EXECUTION),
            ("store", self._store, conclusion.EXECUTION),
        )
        return [(name, partial(self._run, name, stage, code)) for name, stage, code in stages]

    def begin(self, prediction_id: str) -> None:
        """See `Tasks.begin`."""

        def begin(connection: Connection) -> None:
            row = predictions.find_even_deleted(connection, prediction_id)
            if row is not None and row.attempts >= MAX_CRASHES:
                message = f"The worker died {MAX_CRASHES} times while it ran this job: the input may be too demanding."
                conclusion.fail(connection, prediction_id, Ending("failed", conclusion.INTERNAL, message))
            else:
                predictions.begin_attempt(connection, prediction_id)

        self.pulse.move()
        self._persist(begin)
        self.pulse.begin(prediction_id)

    def end(self, prediction_id: str) -> None:
        """See `Tasks.end`."""
        shutil.rmtree(self.scratch / prediction_id, ignore_errors=True)
        self.pulse.end()

    def webhook_due(self, prediction_id: str) -> int:
        """See `Tasks.webhook_due`."""
        self.storage.delete_all(work_prefix(prediction_id))
        self.storage.delete_all(inputs_prefix(prediction_id))
        with self.database.read() as connection:
            row, _ = webhooks.log(connection, prediction_id)
        return int(row.round) if row is not None and row.state == "pending" else 0

    def deliver(self, prediction_id: str, round_: int, number: int) -> float | None:
        """See `Tasks.deliver`."""
        result = webhooks.attempt(self.database, self.settings.allow_hosts, prediction_id)
        waits = self.settings.webhook_retries_s
        over = result.delivered or webhooks.is_final(result, number) or number > len(waits)

        def note(connection: Connection) -> None:
            webhooks.note(connection, prediction_id, round_, number, result)
            if over:
                webhooks.conclude(connection, prediction_id, round_, delivered=result.delivered)

        self._persist(note)
        return None if over else waits[number - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)

    def _run(self, name: str, stage: _Stage, input_code: int, prediction_id: str) -> bool:
        """One stage with every way it may end; True if the next one may begin."""
        self.pulse.move()
        token = context.set({"prediction_id": prediction_id})
        try:
            row = self._open_row(prediction_id)
            if row is None:
                return False
            self._reporter(row).check()
            stage(row)
        except Exception as error:
            ending = _ending(error, input_code)
            _log.info("the stage %s ended the job: %s", name, ending.error)
            if ending.code == conclusion.INTERNAL:
                _log.exception("the stage %s failed", name)
            self._persist(lambda connection: conclusion.fail(connection, prediction_id, ending))
            return False
        finally:
            context.reset(token)
        return True

    def _reporter(self, row: predictions.Prediction) -> Reporter:
        return Reporter(self.database, self.storage, row, self.settings.job_s, self.pulse)

    def _open_row(self, prediction_id: str) -> predictions.Prediction | None:
        with self.database.read() as connection:
            row = predictions.find_even_deleted(connection, prediction_id)
        return row if row is not None and row.status in predictions.OPEN else None

    def _persist(self, change: Callable[[Connection], _Result]) -> _Result:
        """Write what must not be lost: on a full disk, try until there is room."""
        while True:
            try:
                with self.database.write() as connection:
                    return change(connection)
            except OperationalError as error:
                if not is_full(error):
                    raise
                _log.error("the disk of the data directory is full: make room; trying again")
                self.pulse.move()
                time.sleep(_RETRY_S)

    def _update(self, row: predictions.Prediction, values: dict[str, Any]) -> None:
        self._persist(lambda connection: predictions.update_open(connection, row.id, values))

    def _fetch(self, row: predictions.Prediction) -> None:
        self._update(row, {"stage": "fetch"})
        sources = dict(row.sources)
        limits = FetchLimits(max_bytes=self.settings.upload_bytes, total_s=self.settings.fetch_s)
        workdir = self._workdir(row)
        for what in ("image", "video"):
            source = sources[what]
            if source["kind"] == "url":
                look = self._reporter(row).look
                file = download(source["value"], workdir, what, self.settings.allow_hosts, limits, look)
                with file.open("rb") as opened:
                    found = sniff(opened.read(SNIFF_BYTES))
                if found is None or found.kind != what:
                    raise InputError(f"The {what} URL leads to something that is not {_article(what)}.")
                key = input_key(row.id, what, found.extension)
                self.storage.put(key, file)
                file.unlink()
                sources[what] = {"kind": "stored", "key": key}
        self._update(row, {"sources": sources})

    def _probe(self, row: predictions.Prediction) -> None:
        load_image(self._input(row, "image"))
        info = probe_video(self._input(row, "video"))
        self._update(row, {"sources": row.sources | {"duration_s": info.duration_s}})

    def _hold(self, row: predictions.Prediction) -> None:
        exact = price_micro(Resolution(row.input["resolution"]), row.sources["duration_s"])
        if row.max_cost_micro is not None and exact > row.max_cost_micro:
            raise InputError(f"The job costs ${exact / 1e6:.2f}, more than the X-Max-Cost of the request.")
        if not self.settings.billing:
            return

        def take(connection: Connection) -> None:
            held = ledger.held_micro(connection, row.id)
            if predictions.update_open(connection, row.id, {"cost_micro": max(held, exact)}):
                ledger.raise_hold(connection, predictions.payer(row), exact - held)

        try:
            self._persist(take)
        except ledger.InsufficientBalance:
            raise InputError(f"The balance does not cover ${exact / 1e6:.2f}, the price of this job.") from None

    def _moderate(self, row: predictions.Prediction) -> None:
        if self._screening.inputs(self._input(row, "image"), self._input(row, "video")):
            self._flag(row, "The image or the video looks explicit, which this server does not take.")

    def _flag(self, row: predictions.Prediction, refusal: str) -> None:
        if self.settings.moderation == "refuse":
            raise _Ended(Ending("failed", conclusion.MODERATED, refusal))
        self._update(row, {"nsfw": True})

    def _render(self, row: predictions.Prediction) -> None:
        wanted = row.input
        request = AnimateRequest(
            image=self._input(row, "image"),
            video=self._input(row, "video"),
            prompt=wanted["prompt"],
            mode=wanted["mode"],
            resolution=wanted["resolution"],
            seed=row.seed,
            engine=row.engine,
        )
        reporter = self._reporter(row)
        target = self._workdir(row) / "result.mp4"
        work = StoredWork(self.storage, row.id)
        result = animate(request, target, reporter, load_settings(), work)
        reporter(Progress("finish", 0, 1))
        self.storage.put(_result_key(row.id), target)
        timings = {str(stage): ms for stage, ms in result.timings.items()}
        warnings = [*row.warnings, *(text for text in result.warnings if text not in row.warnings)]
        values = {"timings": timings | {"inference": sum(timings.values())}, "warnings": warnings}
        self._update(row, values | {"engine": result.engine})

    def _moderate_output(self, row: predictions.Prediction) -> None:
        if self._screening.video(self.storage.path(_result_key(row.id))):
            self._flag(row, "The result looks explicit, which this server does not deliver.")

    def _store(self, row: predictions.Prediction) -> None:
        signed = self._workdir(row) / "signed.mp4"
        stamp(self.storage.path(_result_key(row.id)), signed, row, self.settings)
        key = output_key(row.id)
        digest = sha256_hex(signed.read_bytes())
        self.storage.put(key, signed)
        output = Output(key, digest, row.nsfw, now_us() + self.settings.retention_us, row.timings)
        self._persist(lambda connection: conclusion.complete(connection, row.id, output))

    def _input(self, row: predictions.Prediction, what: str) -> Path:
        return self.storage.path(row.sources[what]["key"])

    def _workdir(self, row: predictions.Prediction) -> Path:
        folder: Path = self.scratch / row.id
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _ending(error: Exception, input_code: int) -> Ending:
    if isinstance(error, _Ended):
        return error.ending
    if isinstance(error, Cancelled):
        return conclusion.cancelled(str(error))
    if isinstance(error, TookTooLong):
        return Ending("timeout", conclusion.TOOK_TOO_LONG, str(error))
    if isinstance(error, InputError):
        return Ending("failed", input_code, str(error))
    if isinstance(error, MemoryError):
        message = "The job needs more memory than this server gives it: use a smaller picture or video."
        return Ending("failed", conclusion.EXECUTION, message)
    if isinstance(error, OperationalError) and is_full(error):
        return Ending("failed", conclusion.UNAVAILABLE, "The server's disk is full: the operator has to make room.")
    if isinstance(error, ProcessingError):
        full = "no space left" in str(error).lower()
        return Ending("failed", conclusion.UNAVAILABLE if full else conclusion.EXECUTION, str(error))
    return Ending("failed", conclusion.INTERNAL, "The job failed unexpectedly; the operator's log says more.")


def _result_key(prediction_id: str) -> str:
    return f"{work_prefix(prediction_id)}/result.mp4"


def _article(what: str) -> str:
    return "an image" if what == "image" else "a video"
