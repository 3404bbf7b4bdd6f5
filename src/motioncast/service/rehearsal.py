"""Dry runs: look at the inputs of a job as the job would, and charge nothing."""

import tempfile
from pathlib import Path
from typing import Any

from motioncast.media.download import FetchLimits, download
from motioncast.service.inspector import Inspector
from motioncast.service.settings import ServiceSettings
from motioncast.service.sources import Source
from motioncast.service.storage import Storage
from motioncast.service.submitting import Quote

_FETCH_S = 60.0


class Rehearsal:
    """Fetches what a job would fetch, and has the inspection process look at it."""

    def __init__(self, settings: ServiceSettings, storage: Storage, inspector: Inspector) -> None:
        self._settings, self._storage, self._inspector = settings, storage, inspector

    def look(self, quote: Quote) -> dict[str, Any]:
        """`duration_s` and `warnings` of a job. Raises `InputError` where the job would fail."""
        self._settings.scratch_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="dry-run-", dir=self._settings.scratch_dir) as folder:
            image = self._file(quote.image, Path(folder), "image")
            video = self._file(quote.video, Path(folder), "video")
            probed = self._inspector.video(video)
            wanted = quote.submission
            found = self._inspector.pair(image, video, wanted.mode, wanted.resolution, quote.engine)
        return {"duration_s": probed["duration_s"], "warnings": found["warnings"]}

    def inspect(self, source: Source, kind: str) -> dict[str, Any]:
        """What is seen in a stored image or video. Raises `InputError` if it cannot be used."""
        return self._inspector.look(self._storage.path(source.stored["key"]), kind)

    def _file(self, source: Source, folder: Path, what: Any) -> Path:
        if source.stored["kind"] == "stored":
            return self._storage.path(source.stored["key"])
        limits = FetchLimits(max_bytes=self._settings.upload_bytes, total_s=_FETCH_S)
        return download(source.stored["value"], folder, what, self._settings.allow_hosts, limits)
