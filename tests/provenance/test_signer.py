import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from avatar.errors import CredentialError
from avatar.provenance.demo import CLAIM_SIGNING_OID
from avatar.provenance.signer import load_signer, now

PEM, PKCS8, PLAIN = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    load_signer(tmp_path / "signing")
    return tmp_path / "signing"


def leaf_of(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "chain.pem").read_bytes())


def test_a_chain_once_made_stays(folder: Path) -> None:
    assert load_signer(folder).chain == load_signer(folder).chain


def test_only_their_owner_reads_the_files(folder: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}

    assert modes == {"signing": 0o700, "chain.pem": 0o600, "key.pem": 0o600, "root.pem": 0o600}


def test_the_demo_leaf_has_the_profile_of_a_claim_signer(folder: Path) -> None:
    extensions = leaf_of(folder).extensions

    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    purposes = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert purposes == {CLAIM_SIGNING_OID, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    assert extensions.get_extension_for_oid(ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    assert extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)


def test_workers_that_start_together_end_with_one_chain(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(lambda _: load_signer(tmp_path / "signing"), range(8)))

    assert len({signer.chain for signer in signers}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["signing"]


def test_a_signature_is_r_and_s_joined(folder: Path) -> None:
    signature = load_signer(folder).sign(b"claim")

    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    public = leaf_of(folder).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(der, b"claim", ec.ECDSA(hashes.SHA256()))


def test_a_signer_shows_no_key(folder: Path) -> None:
    assert "key" not in repr(load_signer(folder)).replace("PRIVATE", "")


@pytest.mark.parametrize("name", ["chain.pem", "key.pem", "root.pem"])
def test_a_folder_with_a_file_missing_is_not_filled_up(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(CredentialError, match=name) as refusal:
        load_signer(folder)
    assert refusal.value.code == "credential.file-missing"
    assert not (folder / name).exists()


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "signing").write_text("")

    with pytest.raises(CredentialError) as refusal:
        load_signer(tmp_path / "signing")
    assert refusal.value.code == "credential.folder-unusable"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("key.pem", "credential.key-unreadable"),
        ("chain.pem", "credential.chain-unreadable"),
        ("root.pem", "credential.chain-unreadable"),
    ],
)
def test_a_file_that_is_no_pem_is_refused(folder: Path, name: str, code: str) -> None:
    (folder / name).write_text("hello")

    with pytest.raises(CredentialError) as refusal:
        load_signer(folder)
    assert refusal.value.code == code


def test_a_key_behind_a_password_is_refused(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "key.pem").write_bytes(key.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"x")))

    with pytest.raises(CredentialError, match="without a password"):
        load_signer(folder)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "credential.key-mismatch"),
        (ed25519.Ed25519PrivateKey.generate(), "credential.key-mismatch"),
        (ec.generate_private_key(ec.SECP384R1()), "credential.key-kind"),
        (rsa.generate_private_key(65537, 2048), "credential.key-kind"),
    ],
)
def test_a_key_that_cannot_sign_for_the_chain_is_refused(
    folder: Path, key: ec.EllipticCurvePrivateKey, code: str
) -> None:
    (folder / "key.pem").write_bytes(key.private_bytes(PEM, PKCS8, PLAIN))

    with pytest.raises(CredentialError) as refusal:
        load_signer(folder)
    assert refusal.value.code == code


def test_a_root_of_others_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "root.pem").write_text(load_signer(tmp_path / "others").root)

    with pytest.raises(CredentialError) as refusal:
        load_signer(folder)
    assert refusal.value.code == "credential.chain-broken"


def test_a_chain_has_its_time(folder: Path) -> None:
    with pytest.raises(CredentialError) as late:
        load_signer(folder, clock=lambda: now() + timedelta(days=1900))
    with pytest.raises(CredentialError) as early:
        load_signer(folder, clock=lambda: now() - timedelta(days=1))

    assert (late.value.code, early.value.code) == ("credential.expired", "credential.not-yet-valid")


def test_a_certificate_for_other_purposes_is_refused(folder: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    for file in ("chain.pem", "root.pem"):
        (folder / file).write_bytes(certificate.public_bytes(PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(PEM, PKCS8, PLAIN))

    with pytest.raises(CredentialError) as refusal:
        load_signer(folder)
    assert refusal.value.code == "credential.wrong-purpose"
