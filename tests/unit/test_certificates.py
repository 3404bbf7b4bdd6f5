"""Certificates that records are signed with: made here, or the operator's."""

import inspect
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from motioncast.errors import InputError, ProcessingError
from motioncast.safety import certificates
from motioncast.safety.certificates import SigningKey
from motioncast.safety.provenance import Claim, Signer
from motioncast.safety.verification import read_provenance
from tests.clips import Clip, make_clip

CLAIM = Claim("wan", "prediction-123", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), "0.9.1")
ROOT = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Root")])
STUDIOS = x509.Name(
    [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Studios"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Video signer"),
    ]
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", Clip(count=10))


def test_the_local_certificate_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "here"
    identity = certificates.local_identity(folder)
    home = folder / "certificate"
    assert list(folder.iterdir()) == [home]
    assert {path.name for path in home.iterdir()} == {"authority.pem", "authority.crt", "signer.pem"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}
    assert b"PRIVATE" not in (home / "authority.crt").read_bytes()
    assert identity == certificates.local_identity(folder)
    assert "PRIVATE" not in repr(identity)


def test_processes_that_start_at_once_share_one_certificate(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from motioncast.safety.certificates import local_identity\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(local_identity(pathlib.Path(sys.argv[1]) / 'new').chain_pem.decode())"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    answers = [worker.communicate() for worker in workers]
    assert {errors for _, errors in answers} == {""}
    assert len({chain for chain, _ in answers}) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["certificate"]


def test_a_certificate_near_its_end_is_renewed_and_old_files_stay_valid(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "_SIGNER_LIFE", timedelta(days=20))
        Signer.local(tmp_path).sign(clip, tmp_path / "old.mp4", CLAIM)
        near = (tmp_path / "certificate" / "signer.pem").read_bytes()
    renewed = Signer.local(tmp_path)
    assert (tmp_path / "certificate" / "signer.pem").read_bytes() != near
    assert certificates.local_identity(tmp_path).ends > datetime.now(UTC) + timedelta(days=3000)
    renewed.sign(clip, tmp_path / "new.mp4", CLAIM)
    for name in ("old.mp4", "new.mp4"):
        record = read_provenance(tmp_path / name, tmp_path / "certificate" / "authority.crt")
        assert (record.valid, record.trusted) == (True, True)


def test_a_file_whose_certificate_ran_out_is_not_called_changed(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "_SIGNER_LIFE", timedelta(seconds=4))
    monkeypatch.setattr(certificates, "_SIGNER_RENEWED_BEFORE_END", timedelta(0))
    Signer.local(tmp_path).sign(clip, tmp_path / "old.mp4", CLAIM)
    time.sleep(5)
    record = read_provenance(tmp_path / "old.mp4")
    assert (record.valid, record.tampered) == (False, False)
    assert any("expired" in line for line in record.lines())


def test_a_damaged_certificate_says_what_to_do(tmp_path: Path) -> None:
    Signer.local(tmp_path)
    for name in ("signer.pem", "authority.pem"):
        (tmp_path / "certificate" / name).write_bytes(b"damaged")
        with pytest.raises(ProcessingError, match="delete that folder"):
            Signer.local(tmp_path)
    with pytest.raises(ProcessingError, match="could not be kept"):
        Signer.local(tmp_path / "certificate" / "signer.pem")


def certificate(
    subject: x509.Name,
    key: CertificatePublicKeyTypes,
    root: ec.EllipticCurvePrivateKey,
    ends: datetime,
    usage: x509.ObjectIdentifier | None,
) -> bytes:
    """PEM of what `ROOT` certifies: a signer's with the extended key usage `usage`, or without one an authority's."""
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(ROOT).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(datetime.now(UTC) - timedelta(days=60)).not_valid_after(ends)
    ca = usage is None
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    uses = dict.fromkeys(inspect.signature(x509.KeyUsage).parameters, False)
    uses |= {"digital_signature": not ca, "key_cert_sign": ca, "crl_sign": ca}
    builder = builder.add_extension(x509.KeyUsage(**uses), critical=True)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
    builder = builder.add_extension(issuer, critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(root, SHA256()).public_bytes(Encoding.PEM)


def operator_files(
    folder: Path,
    key: SigningKey,
    *,
    days: int = 30,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    encryption: KeySerializationEncryption | None = None,
) -> tuple[Path, Path]:
    """A chain of two and a key as a company would hand them over."""
    root, now = ec.generate_private_key(ec.SECP384R1()), datetime.now(UTC)
    signer = certificate(STUDIOS, key.public_key(), root, now + timedelta(days=days), usage)
    authority = certificate(ROOT, root.public_key(), root, now + timedelta(days=3000), None)
    (folder / "chain.pem").write_bytes(signer + authority)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    return folder / "chain.pem", folder / "key.pem"


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA", "Ed25519"])
def test_the_operators_certificate_signs(kind: str, clip: Path, tmp_path: Path) -> None:
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    key: SigningKey
    if kind in curves:
        key = ec.generate_private_key(curves[kind])
    else:
        key = rsa.generate_private_key(65537, 2048) if kind == "RSA" else ed25519.Ed25519PrivateKey.generate()
    chain, private = operator_files(tmp_path, key)
    Signer.from_files(chain, private).sign(clip, tmp_path / "a.mp4", CLAIM)
    record = read_provenance(tmp_path / "a.mp4")
    assert (record.valid, record.issuer) == (True, "Video signer, Example Studios")
    assert read_provenance(tmp_path / "a.mp4", chain).trusted


def test_an_operators_certificate_that_will_not_do_is_refused_at_once(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(InputError, match="extended key usage"):
        Signer.from_files(*operator_files(tmp_path, key, usage=ExtendedKeyUsageOID.SERVER_AUTH))
    with pytest.raises(InputError, match="expired"):
        Signer.from_files(*operator_files(tmp_path, key, days=-1))
    with pytest.raises(InputError, match="passphrase"):
        Signer.from_files(*operator_files(tmp_path, key, encryption=BestAvailableEncryption(b"secret")))
    with pytest.raises(InputError, match="private key"):
        Signer.from_files(*operator_files(tmp_path, ec.generate_private_key(ec.SECP256K1())))
    chain, private = operator_files(tmp_path, key)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(InputError, match="private key"):
        Signer.from_files(operator_files(other, ec.generate_private_key(ec.SECP256R1()))[0], private)
    with pytest.raises(InputError, match="cannot be read"):
        Signer.from_files(chain, tmp_path / "missing.pem")
    root = tmp_path / "root.pem"
    root.write_bytes(b"-----BEGIN" + chain.read_bytes().split(b"-----BEGIN")[2])
    with pytest.raises(InputError, match="private key"):
        Signer.from_files(root, private)
