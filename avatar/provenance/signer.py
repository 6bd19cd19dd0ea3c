"""The file signer: root, claim-signing certificate and key in a folder.

A team puts ``chain.pem`` (the signer's certificate first, without the root), ``key.pem`` and ``root.pem`` there; behind
its own root, ``root.pem`` may hold those of time-stamp authorities. Where nothing stands yet, a demo chain is made;
nobody but its own root vouches for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from avatar.errors import CredentialError
from avatar.provenance.demo import CHAIN_FILE, CLAIM_SIGNING_OID, KEY_FILE, ROOT_FILE, make_demo_chain

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Certificates = list[x509.Certificate]


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class FileSigner:
    """A ``Signer`` whose key lies in a file: es256 or ed25519, as the key is."""

    chain: str
    root: str
    key: Key = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "ed25519" if isinstance(self.key, ed25519.Ed25519PrivateKey) else "es256"

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")  # IEEE P1363, as COSE wants it


def load_signer(folder: Path, clock: Callable[[], datetime] = now) -> FileSigner:
    """Return the signer in *folder*; where the folder is missing or empty, make a demo chain first.

    Raises:
        CredentialError: a file is missing or unreadable, or the certificates cannot sign for anyone now.
    """
    try:
        if not folder.exists() or not any(folder.iterdir()):
            make_demo_chain(folder, clock())
    except OSError as error:
        raise CredentialError(
            f"the signing folder {folder} cannot be used ({error.strerror}); name a folder that can be made or listed",
            code="credential.folder-unusable",
        ) from error
    chain, root = _certificates(folder / CHAIN_FILE), _certificates(folder / ROOT_FILE)
    key = _key(folder / KEY_FILE)
    _check(chain, root, key, clock())
    return FileSigner(chain=_pem(chain), root=_pem(root), key=key)


def _pem(certificates: Certificates) -> str:
    return "".join(certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in certificates)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise CredentialError(
            f"the signing folder {path.parent} holds no {path.name}; put chain.pem, key.pem and root.pem there, "
            "or name an empty folder to have a demo chain made",
            code="credential.file-missing",
        ) from error
    except OSError as error:
        raise CredentialError(f"{path} cannot be read: {error.strerror}", code=_unreadable(path)) from error


def _unreadable(path: Path) -> str:
    return "credential.key-unreadable" if path.name == KEY_FILE else "credential.chain-unreadable"


def _certificates(path: Path) -> Certificates:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise CredentialError(f"{path} holds no certificates in PEM", code="credential.chain-unreadable") from error


def _key(path: Path) -> Key:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError) as error:
        raise CredentialError(
            f"{path} is not a private key in PEM without a password", code="credential.key-unreadable"
        ) from error
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    raise CredentialError(f"the key in {path} is neither P-256 nor Ed25519", code="credential.key-kind")


def _check(chain: Certificates, root: Certificates, key: Key, at: datetime) -> None:
    leaf = chain[0]
    if leaf.public_key() != key.public_key():
        raise CredentialError(
            "key.pem does not belong to the first certificate in chain.pem", code="credential.key-mismatch"
        )
    for certificate in (*chain, *root):
        _check_dates(certificate, at)
    _check_purpose(leaf)
    for certificate, issuer in zip(chain, [*chain[1:], root[0]], strict=True):
        _check_issuer(certificate, issuer)


def _check_dates(certificate: x509.Certificate, at: datetime) -> None:
    who, ends = certificate.subject.rfc4514_string(), certificate.not_valid_after_utc
    if at > ends:
        raise CredentialError(f"the certificate of {who} expired on {ends:%Y-%m-%d}", code="credential.expired")
    if at < certificate.not_valid_before_utc:
        raise CredentialError(
            f"the certificate of {who} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}",
            code="credential.not-yet-valid",
        )


def _check_purpose(leaf: x509.Certificate) -> None:
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        purposes = x509.ExtendedKeyUsage([])
    if CLAIM_SIGNING_OID not in purposes:
        raise CredentialError(
            "the first certificate in chain.pem is not for claim signing "
            f"(extended key usage {CLAIM_SIGNING_OID.dotted_string})",
            code="credential.wrong-purpose",
        )


def _check_issuer(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CredentialError(
            f"{certificate.subject.rfc4514_string()} was not issued by {issuer.subject.rfc4514_string()}; chain.pem "
            "runs from the signer towards root.pem",
            code="credential.chain-broken",
        ) from error
