"""The certificates that provenance records are signed with: made on this machine, or the operator's own.

The form is C2PA's (specification 2.1, 14.5.1): X.509 v3, a signer that is not self-signed, with the key usage
digitalSignature and an extended key usage of those allowed (emailProtection).
"""

import os
import secrets
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from motioncast.errors import InputError, ProcessingError

_AUTHORITY, _AUTHORITY_PUBLIC, _SIGNER = "authority.pem", "authority.crt", "signer.pem"
_AUTHORITY_LIFE = timedelta(days=36500)  #: nobody is there to renew it
#: Without a time-stamp service a signature counts only while its certificate does, so a file stays verifiable for at
#: least the second of these.
_SIGNER_LIFE, _SIGNER_RENEWED_BEFORE_END = timedelta(days=3650), timedelta(days=1825)
_BACKDATED = timedelta(days=1)  #: for a reader whose clock is behind
_KEY_USES = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate chain, the signer's own first, and its private key, both as PEM."""

    chain_pem: bytes
    key_pem: bytes = field(repr=False)  #: PKCS#8, not encrypted
    algorithm: str  #: as c2pa names it
    ends: datetime  #: UTC, when the signer's certificate expires


@dataclass(frozen=True, slots=True)
class _Pair:
    certificates: list[x509.Certificate]
    key: SigningKey


def local_identity(folder: Path) -> Identity:
    """The identity kept in `folder`: an authority of this installation and a signer that it vouches for.

    Made on first use, complete or not at all, once however many processes ask at the same time. The signer is replaced
    well before its certificate expires; the authority stays. `folder`/certificate/authority.crt is for others to trust.
    Raises `ProcessingError` when the folder cannot be used or what it holds is damaged.
    """
    home = folder / "certificate"
    try:
        if not home.is_dir():
            _create(folder, home)
        authority = _load((home / _AUTHORITY).read_bytes())
        if not (home / _SIGNER).exists() or _is_due(_load((home / _SIGNER).read_bytes()), authority):
            _replace(home / _SIGNER, _pem(_new_signer(authority)))
        return _identity(_load((home / _SIGNER).read_bytes()))
    except OSError as error:
        raise ProcessingError(f"The signing certificate could not be kept in {home}: {error}.") from error
    except (ValueError, TypeError) as error:
        raise ProcessingError(
            f"The signing certificate in {home} is damaged: delete that folder to have a new one made."
        ) from error


def operator_identity(chain: Path, key: Path) -> Identity:
    """The identity in PEM files: the signer's certificate and those above it, and its private key, not encrypted.

    Raises `InputError` when they cannot be read, do not belong together or have expired.
    """
    try:
        identity = _identity(_load(key.read_bytes() + b"\n" + chain.read_bytes()))
    except OSError as error:
        raise InputError(f"The signing certificate cannot be read: {error}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(
            f"{chain.name} and {key.name} are not a certificate chain and its private key: give PEM files, the "
            "signer's own certificate first and the key (ECDSA, RSA or Ed25519) without a passphrase."
        ) from error
    if identity.ends <= datetime.now(UTC):
        raise InputError(f"The signing certificate {chain.name} expired on {identity.ends:%Y-%m-%d}: renew it.")
    return identity


def _create(folder: Path, home: Path) -> None:
    """Both pairs in one folder that appears at once; of several processes the first one's stays."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".certificate-", dir=folder) as workdir:
        new = Path(workdir) / "new"
        new.mkdir(mode=0o700)
        authority = _new_authority()
        _replace(new / _AUTHORITY, _pem(authority))
        _replace(new / _AUTHORITY_PUBLIC, _certificates_pem(authority))
        _replace(new / _SIGNER, _pem(_new_signer(authority)))
        try:
            new.rename(home)
        except OSError:
            if not home.is_dir():  # not that another process was faster
                raise


def _replace(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, in one step."""
    handle, part = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def _new_authority() -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    # the tag tells installations apart without saying where they are
    name = _name(f"Motioncast installation {secrets.token_hex(4)}")
    builder = _builder(name, name, key.public_key(), datetime.now(UTC) + _AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True), critical=True)
    return _Pair([builder.sign(key, hashes.SHA256())], key)


def _new_signer(authority: _Pair) -> _Pair:
    key, above = ec.generate_private_key(ec.SECP256R1()), authority.certificates[0]
    # readers show this name, not the authority's, so it carries the tag too
    name = _name(f"{above.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value!s} signer")
    builder = _builder(name, above.subject, key.public_key(), datetime.now(UTC) + _SIGNER_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    return _Pair([builder.sign(authority.key, hashes.SHA256()), above], key)


def _name(common: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Motioncast (self-made certificate)")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(datetime.now(UTC) - _BACKDATED).not_valid_after(ends)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
        **dict.fromkeys(_KEY_USES, False),
    )


def _is_due(signer: _Pair, authority: _Pair) -> bool:
    """Whether to replace `signer`: too near its end, not begun (the clock was wrong), or not this authority's."""
    certificate, now = signer.certificates[0], datetime.now(UTC)
    if certificate.not_valid_before_utc > now or certificate.not_valid_after_utc - now < _SIGNER_RENEWED_BEFORE_END:
        return True
    return signer.certificates[1:] != authority.certificates


def _load(pem: bytes) -> _Pair:
    """A key, its certificate and those above, in this order. Raises ValueError, or TypeError if it is encrypted."""
    key, certificates = load_pem_private_key(pem, password=None), x509.load_pem_x509_certificates(pem)
    if not isinstance(key, SigningKey) or _public(certificates[0].public_key()) != _public(key.public_key()):
        raise ValueError("the key is not the certificate's")
    return _Pair(certificates, key)


def _public(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]


def _pem(pair: _Pair) -> bytes:
    return pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + _certificates_pem(pair)


def _certificates_pem(pair: _Pair) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in pair.certificates)


def _identity(pair: _Pair) -> Identity:
    key = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(_certificates_pem(pair), key, _algorithm(pair.key), pair.certificates[0].not_valid_after_utc)


def _algorithm(key: SigningKey) -> str:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if key.curve.name not in _CURVES:
        raise ValueError(f"C2PA knows no signature on the curve {key.curve.name}")
    return _CURVES[key.curve.name]
