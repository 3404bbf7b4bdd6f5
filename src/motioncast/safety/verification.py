"""What a file's provenance record says, and whether it still holds."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from motioncast.errors import InputError
from motioncast.safety.provenance import OFFLINE

_UNTRUSTED = "signingCredential.untrusted"
_CHANGED = (".mismatch", ".missing")  #: ends of the C2PA failure codes for content that is not what was signed
_ELSEWHERE = "Remote"  #: how c2pa's error for a manifest that would have to be fetched begins
_HOLDS = ("Valid", "Trusted")
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Provenance:
    """A manifest's statements, which anyone may have made, and what could be verified of them."""

    generated_by: str  #: the program that made the file, with its version
    engine: str | None  #: Motioncast's engine; None in files of other programs
    title: str
    time: datetime | None  #: when the file says it was made; nobody else vouches for it
    source_type: str  #: IPTC's digital source type, such as trainedAlgorithmicMedia; empty if none is given
    statement: str  #: the sentence for people; empty if none is given
    issuer: str  #: whom the signing certificate names
    valid: bool  #: the signature is right and the file is what was signed
    tampered: bool  #: the file, or the manifest, was changed after signing
    trusted: bool  #: the certificate comes from an authority that the reader was told to trust
    problems: tuple[str, ...]  #: what else did not verify

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON values; the time in ISO 8601."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"time": self.time.isoformat() if self.time else None, "problems": list(self.problems)}

    def lines(self) -> list[str]:
        """The record for people."""
        when = f", {self.time.astimezone(UTC):%Y-%m-%d at %H:%M:%S} UTC" if self.time else ""
        engine = f", engine {self.engine}" if self.engine else ""
        made = f"Made by {self.generated_by}{engine}{when}."
        source = f"Digital source type: {self.source_type}." if self.source_type else ""
        title = f"Title: {self.title}" if self.title else ""
        return [line for line in (self.statement, made, source, title, self._integrity(), self._authority()) if line]

    def _integrity(self) -> str:
        if self.valid:
            return "The file is unchanged since it was signed."
        if self.tampered:
            return "THE FILE WAS CHANGED AFTER IT WAS SIGNED: nothing above can be relied on."
        return (
            f"THE SIGNATURE DOES NOT HOLD, nothing above can be relied on: {'; '.join(self.problems) or 'no reason'}."
        )

    def _authority(self) -> str:
        if self.trusted:
            return f"Signed by {self.issuer}, whose certificate is trusted here."
        return f"Signed by {self.issuer}; nobody trusted here vouches for that name."


def describe_provenance(path: Path, anchors: Path | None = None) -> list[str]:
    """Lines for people about the file at `path`. Raises `InputError` as `read_provenance` does."""
    return read_provenance(path, anchors).lines()


def read_provenance(path: Path, anchors: Path | None = None) -> Provenance:
    """The provenance record in the file at `path`: an MP4, or any format that C2PA knows.

    Certificates are trusted if they come from an authority in the PEM file `anchors`, such as the `authority.crt` of a
    local signer; without one none is. Nothing is fetched. Raises `InputError` if there is no record or no such file.
    """
    settings: dict[str, Any] = OFFLINE | ({"trust": {"trust_anchors": _anchors_pem(anchors)}} if anchors else {})
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    try:
        with (
            path.open("rb") as file,
            c2pa.Context.from_dict(settings) as context,
            c2pa.Reader(file, context=context) as reader,
        ):
            return _provenance(json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound as error:
        raise InputError(f"The file {path.name} carries no provenance record.") from error
    except OSError as error:
        raise InputError(f"The file {path} cannot be read: {error.strerror}.") from error
    except (c2pa.C2paError, ValueError, KeyError, TypeError, AttributeError) as error:  # a record may hold anything
        if str(error).startswith(_ELSEWHERE):
            raise InputError(
                f"The record of {path.name} lies at an address on the network, which is not visited."
            ) from error
        raise InputError(
            f"No provenance record can be read from {path.name}: it is damaged, or not a video or picture."
        ) from error


def _anchors_pem(path: Path) -> str:
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"The trusted certificates {path} cannot be read: give a PEM file.") from error
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates).decode()


def _provenance(store: dict[str, Any]) -> Provenance:
    manifest = store["manifests"][store["active_manifest"]]
    action = _creation(manifest)
    generators = manifest.get("claim_generator_info") or [{"name": manifest.get("claim_generator")}]
    signature = manifest.get("signature_info") or {}
    failures = [status for status in store.get("validation_status") or [] if status["code"] != _UNTRUSTED]
    engine = (action.get("parameters") or {}).get("engine")
    return Provenance(
        generated_by=_text(" ".join(str(generators[0].get(key) or "") for key in ("name", "version"))) or "unknown",
        engine=_text(engine) if isinstance(engine, str) else None,
        title=_text(manifest.get("title")),
        time=_time(action.get("when")),
        source_type=_text(action.get("digitalSourceType")).rsplit("/", 1)[-1],
        statement=_text(action.get("description")),
        issuer=", ".join(filter(None, (_text(signature.get(key)) for key in ("common_name", "issuer")))) or "nobody",
        valid=store.get("validation_state") in _HOLDS,
        tampered=any(str(status["code"]).endswith(_CHANGED) for status in failures),
        trusted=store.get("validation_state") == "Trusted",
        problems=tuple(_text(status.get("explanation") or status["code"]) for status in failures),
    )


def _creation(manifest: dict[str, Any]) -> dict[str, Any]:
    """The action that says how the file came to be; empty if none does."""
    for assertion in manifest.get("assertions") or []:
        if str(assertion["label"]).startswith("c2pa.actions"):
            for action in assertion["data"]["actions"]:
                if action["action"] == "c2pa.created":
                    return dict(action)
    return {}


def _text(value: object) -> str:
    """Fit for a terminal: a record comes from strangers and may hold control characters."""
    shown = "".join(c for c in str(value) if c.isprintable()) if value is not None else ""
    return shown.strip()[:_MAX_TEXT]


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
