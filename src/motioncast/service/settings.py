"""Settings of the service; each is a `MOTIONCAST_*` variable, a key of the settings file, or an option of `serve`."""

import os
from dataclasses import dataclass
from pathlib import Path

from motioncast.errors import InputError
from motioncast.media.guard import HostPolicy
from motioncast.request import ENGINES
from motioncast.settings import amount, choice, folder, positive, setting, switch, whole

_MIB = 1 << 20


def _default_data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "motioncast"


def _optional(path: Path | None) -> str:
    return str(path or "")


def _delays(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = (-1.0,)
    if not all(0 <= value <= 604_800 for value in values):
        raise ValueError("seconds between attempts, such as 5,30,120")
    return values


def _hosts(text: str) -> HostPolicy:
    try:
        return HostPolicy.parse(text)
    except InputError:
        raise ValueError(
            "host names, addresses or networks with commas between, such as localhost,10.0.0.0/8"
        ) from None


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("an address that begins with http:// or https://")
    return text.rstrip("/")


@dataclass(frozen=True)
class ServiceSettings:
    """Everything an operator may decide."""

    data_dir: Path = setting("databases, uploads, outputs and secrets", _default_data_dir, folder)
    host: str = setting("address to listen on", "127.0.0.1", str)
    port: int = setting("port to listen on; 0 takes a free one", 8000, whole(0, 65535))
    public_url: str = setting("base of the URLs in answers, if not the request's Host", "", _base_url)
    engine: str = setting("engine that runs the jobs", "auto", choice(*ENGINES))
    workers: int = setting("worker processes; 0 accepts jobs without running them", 1, whole(0, 64))
    billing: bool = setting("off: nothing is charged", True, switch, show=lambda on: "on" if on else "off")
    opening_balance: float = setting("dollars that a new account starts with", 1_000_000.0, amount)
    rate_limit: int = setting("submits a minute and key", 600, whole(1))
    concurrency: int = setting("jobs of one key that run at once; more wait", 4, whole(1, 1000))
    body_mib: int = setting("largest JSON body, for inline media", 96, whole(1, 2048))
    upload_mib: int = setting("largest upload or fetched file", 300, whole(1, 8192))
    fetch_s: float = setting("seconds that fetching one input may take", 600.0, positive)
    allow_hosts: HostPolicy = setting(
        "private hosts, addresses or networks that inputs and webhooks may use, such as localhost,10.0.0.0/8",
        HostPolicy,
        _hosts,
        show=lambda policy: ",".join(policy.allowed),
    )
    sync_s: float = setting("seconds that enable_sync_mode waits", 90.0, positive)
    job_s: float = setting("seconds that one job may run", 7200.0, positive)
    worker_mib: int = setting("memory that a worker process may allocate", 8192, whole(1024))
    stale_s: float = setting("seconds without a sign of life after which a worker is replaced", 15.0, positive)
    retention_days: float = setting("days that predictions, uploads and outputs are kept", 7.0, positive)
    moderation: str = setting(
        "flag or refuse what looks explicit; off does not look", "flag", choice("flag", "refuse", "off")
    )
    certificate: Path | None = setting(
        "PEM chain that signs outputs, if not the local one", None, folder, show=_optional
    )
    certificate_key: Path | None = setting("PEM key of the certificate", None, folder, show=_optional)
    webhook_retries_s: tuple[float, ...] = setting(
        "waits between attempts of a webhook",
        (5.0, 30.0, 120.0, 600.0, 3600.0, 21600.0),
        _delays,
        show=lambda waits: ",".join(f"{wait:g}" for wait in waits),
    )
    failed_for_old_clients: bool = setting(
        "report cancelled and timeout as failed to clients without X-Client-Name",
        False,
        switch,
        show=lambda on: "on" if on else "off",
    )
    log_format: str = setting("json or text", "text", choice("json", "text"))

    @property
    def database_path(self) -> Path:
        return self.data_dir / "app.sqlite"

    @property
    def jobs_path(self) -> Path:
        return self.data_dir / "jobs.sqlite"

    @property
    def media_dir(self) -> Path:
        return self.data_dir / "media"

    @property
    def scratch_dir(self) -> Path:
        return self.data_dir / "scratch"

    @property
    def upload_bytes(self) -> int:
        return self.upload_mib * _MIB

    @property
    def body_bytes(self) -> int:
        return self.body_mib * _MIB

    @property
    def retention_us(self) -> int:
        return round(self.retention_days * 86_400_000_000)
