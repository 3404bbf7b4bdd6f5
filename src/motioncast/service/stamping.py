"""Every output says where it comes from: a signed C2PA manifest."""

from datetime import UTC, datetime
from pathlib import Path

from motioncast import __version__
from motioncast.errors import InputError
from motioncast.safety.provenance import Claim, Signer
from motioncast.service.predictions import Prediction
from motioncast.service.settings import ServiceSettings


def stamp(source: Path, target: Path, row: Prediction, settings: ServiceSettings) -> None:
    """Copy a video with the manifest added; its packets stay as they are. Raises `ProcessingError`."""
    claim = Claim(engine=row.engine, title=row.id, time=datetime.now(UTC), version=__version__)
    signer_of(settings).sign(source, target, claim)


def signer_of(settings: ServiceSettings) -> Signer:
    """The operator's certificate, or the one made on this machine. Raises `InputError` if it cannot be used."""
    if (settings.certificate is None) != (settings.certificate_key is None):
        raise InputError("MOTIONCAST_CERTIFICATE and MOTIONCAST_CERTIFICATE_KEY go together: set both or neither.")
    if settings.certificate is not None and settings.certificate_key is not None:
        return Signer.from_files(settings.certificate, settings.certificate_key)
    return Signer.local(settings.data_dir / "certificate")
