"""Make a demo signing chain: a self-made root and a claim-signing certificate under it."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from avatar.runtime.atomic import atomic_folder, write_bytes

_log = logging.getLogger(__name__)

CLAIM_SIGNING_OID = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")  # c2pa-kp-claimSigning, C2PA 2.4 certificate profile
CHAIN_FILE, KEY_FILE, ROOT_FILE = "chain.pem", "key.pem", "root.pem"

_ROOT_VALIDITY = timedelta(days=3653)
_LEAF_VALIDITY = timedelta(days=1826)  # without a time-stamp a credential is believed only this long
_CLOCK_SKEW = timedelta(minutes=5)  # the clocks of two machines differ


def make_demo_chain(folder: Path, at: datetime) -> None:
    """Put a demo chain in *folder*, all of it or nothing; of two processes that try, one wins and both go on."""
    try:
        # Renaming a folder onto one that holds something fails: two processes end with one chain. On disk before
        # anything is signed: who believes the root of a published video must find it again.
        with atomic_folder(folder, durable=True, mode=0o700) as beside:
            for name, content in _files(at).items():
                write_bytes(beside / name, content, mode=0o600)
        _log.info("made a demo signing chain; its root is %s", ROOT_FILE)
    except OSError:
        if not (folder.exists() and any(folder.iterdir())):
            raise


def _files(at: datetime) -> dict[str, bytes]:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("Demo root, vouched for by nobody"), _name("Demo claim signer")
    root = (
        _template(root_name, root_name, root_key, at, _ROOT_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _template(name, root_name, key, at, _LEAF_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([CLAIM_SIGNING_OID, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    # The root's key is dropped here: nothing can be added under this root later, by us or by a thief.
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {CHAIN_FILE: leaf.public_bytes(pem), ROOT_FILE: root.public_bytes(pem), KEY_FILE: private}


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Avatar Pipeline demo"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _template(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, at: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _CLOCK_SKEW)
        .not_valid_after(at + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,  # nonRepudiation by its newer name
        key_cert_sign=certificates,
        crl_sign=certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
