"""The stages of a prediction. Each leaves its result in the database or the storage and raises what ends the job.

A stage that ran before a crash is not run again; one that was interrupted is, and finds its finished pieces.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from motioncast.errors import InputError
from motioncast.media.download import FetchLimits, download
from motioncast.media.image import load_image
from motioncast.media.preview import jpeg
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.media.sniff import SNIFF_BYTES, sniff
from motioncast.pipeline import animate
from motioncast.pricing import price_micro
from motioncast.progress import Progress
from motioncast.request import AnimateRequest, Resolution
from motioncast.service import conclusion, ledger, predictions
from motioncast.service.conclusion import Output
from motioncast.service.database import Database, now_us
from motioncast.service.endings import Refused
from motioncast.service.ids import sha256_hex
from motioncast.service.persistence import persist
from motioncast.service.running import Pulse, Reporter, StoredWork
from motioncast.service.screening import Screening
from motioncast.service.settings import ServiceSettings
from motioncast.service.stamping import stamp
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import input_key, output_key, poster_key, work_prefix
from motioncast.settings import load_settings

Stage = Callable[[predictions.Prediction], None]


class Stages:
    """What a worker does with a job."""

    def __init__(
        self, settings: ServiceSettings, database: Database, storage: Storage, scratch: Path, pulse: Pulse
    ) -> None:
        self.settings, self.database, self.storage = settings, database, storage
        self.scratch, self.pulse = scratch, pulse
        self._screening = Screening(settings.moderation)

    def in_order(self) -> Sequence[tuple[str, Stage, int]]:
        """Name, function, and the code of an `InputError` in it."""
        return (
            ("fetch", self._fetch, conclusion.UNREACHABLE),
            ("probe", self._probe, conclusion.INVALID),
            ("hold", self._hold, conclusion.NO_CREDIT),
            ("moderate", self._moderate, conclusion.INVALID),
            ("render", self._render, conclusion.INVALID),
            ("moderate output", self._moderate_output, conclusion.EXECUTION),
            ("store", self._store, conclusion.EXECUTION),
        )

    def reporter(self, row: predictions.Prediction) -> Reporter:
        """The progress callback of a job."""
        return Reporter(self.database, self.storage, row, self.settings.job_s, self.pulse)

    def _update(self, row: predictions.Prediction, values: dict[str, Any]) -> None:
        persist(self.database, lambda connection: predictions.update_open(connection, row.id, values), self.pulse.move)

    def _fetch(self, row: predictions.Prediction) -> None:
        self._update(row, {"stage": "fetch"})
        sources = dict(row.sources)
        limits = FetchLimits(max_bytes=self.settings.upload_bytes, total_s=self.settings.fetch_s)
        workdir = self._workdir(row)
        for what in ("image", "video"):
            source = sources[what]
            if source["kind"] == "url":
                look = self.reporter(row).look
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
            persist(self.database, take, self.pulse.move)
        except ledger.InsufficientBalance:
            raise InputError(f"The balance does not cover ${exact / 1e6:.2f}, the price of this job.") from None

    def _moderate(self, row: predictions.Prediction) -> None:
        if self._screening.inputs(self._input(row, "image"), self._input(row, "video")):
            self._flag(row, "The image or the video looks explicit, which this server does not take.")

    def _flag(self, row: predictions.Prediction, refusal: str) -> None:
        if self.settings.moderation == "refuse":
            raise Refused(refusal)
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
        reporter = self.reporter(row)
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
        result, signed = self.storage.path(_result_key(row.id)), self._workdir(row) / "signed.mp4"
        stamp(result, signed, row, self.settings)
        self.storage.put(poster_key(row.id), _poster(result))
        key = output_key(row.id)
        digest = sha256_hex(signed.read_bytes())
        self.storage.put(key, signed)
        output = Output(key, digest, row.nsfw, now_us() + self.settings.retention_us, row.timings)
        persist(self.database, lambda connection: conclusion.complete(connection, row.id, output), self.pulse.move)

    def _input(self, row: predictions.Prediction, what: str) -> Path:
        return self.storage.path(row.sources[what]["key"])

    def _workdir(self, row: predictions.Prediction) -> Path:
        folder: Path = self.scratch / row.id
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _poster(video: Path) -> bytes:
    """The frame in the middle, as a JPEG: the first one is often still the picture that was given."""
    info = probe_video(video)
    middle = len(info.timeline) // 2
    _, frame = next(iter(VideoReader(info, start=middle, stop=middle + 1)))
    return jpeg(frame)


def _result_key(prediction_id: str) -> str:
    return f"{work_prefix(prediction_id)}/result.mp4"


def _article(what: str) -> str:
    return "an image" if what == "image" else "a video"
