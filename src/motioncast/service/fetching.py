"""A file from the web, kept as an upload of the caller's."""

import tempfile
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from motioncast.errors import InputError
from motioncast.media.download import FetchLimits, download
from motioncast.media.guard import ForbiddenHost, check_url_host
from motioncast.service.settings import ServiceSettings
from motioncast.service.uploads import Upload, UploadDesk

_FETCH_S = 60.0


class Fetcher:
    """Fetches on behalf of callers, over the guarded client that jobs use too."""

    def __init__(self, settings: ServiceSettings, desk: UploadDesk) -> None:
        self._settings, self._desk = settings, desk

    def fetch(self, account_id: str, url: str) -> Upload:
        """The stored file. Raises `InputError` if it cannot be had, or is of no known kind."""
        url = url.strip()
        if not url.lower().startswith(("http://", "https://")):
            raise InputError('field "url" must be an address that begins with http:// or https://')
        try:
            check_url_host(url, self._settings.allow_hosts)
        except ForbiddenHost as error:
            raise InputError(f'field "url" cannot be read: {error}') from None
        self._settings.scratch_dir.mkdir(parents=True, exist_ok=True)
        limits = FetchLimits(max_bytes=self._settings.upload_bytes, total_s=_FETCH_S)
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=self._settings.scratch_dir) as folder:
            path = download(url, Path(folder), "file", self._settings.allow_hosts, limits)
            with path.open("rb") as file:
                return self._desk.add(account_id, unquote(PurePosixPath(urlsplit(url).path).name) or "file", file)
