"""With a time-stamp authority of our own, on this machine: nothing leaves it."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from provenance_world import AGREEMENT, World, ancestry_of

from avatar.errors import CredentialError
from avatar.provenance.signer import FileSigner, now
from avatar.provenance.signing import sign
from avatar.provenance.statement import build_statement
from avatar.provenance.trust import Trust
from avatar.provenance.verify import verify
from avatar.stages.catalogue import C2PA_ACTIONS

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl answers for the authority")

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {0}/serial
signer_cert = {0}/leaf.pem
certs = {0}/root.pem
signer_key = {0}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    url: str
    root: str


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    folder = tmp_path / "authority"
    folder.mkdir()
    root = certify(folder)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder))
    server = HTTPServer(("127.0.0.1", 0), answering(folder))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Authority(f"http://127.0.0.1:{server.server_port}", root)
    server.shutdown()


def certify(folder: Path) -> str:
    pem, root_key, key = (
        serialization.Encoding.PEM,
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    root = template("Root of time", "Root of time", root_key, ca=True).sign(root_key, hashes.SHA256())
    leaf = (
        template("Time", "Root of time", key, ca=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for name, data in {"root": root.public_bytes(pem), "leaf": leaf.public_bytes(pem), "key": private}.items():
        (folder / f"{name}.pem").write_bytes(data)
    return root.public_bytes(pem).decode()


def template(name: str, issuer: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.CertificateBuilder:
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def answering(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *args: object) -> None: ...

    return Handler


def stamped(world: World, signer: FileSigner, url: str, to: Path) -> Path:
    said = build_statement(*ancestry_of(), AGREEMENT, C2PA_ACTIONS, release="0.1.0")
    return sign(world.plain, to, statement=said, signer=signer, time_stamps=url)


def test_a_trusted_time_stamp_tells_when(world: World, authority: Authority, tmp_path: Path) -> None:
    signer = replace(world.signer, root=world.signer.root + authority.root)
    signed = stamped(world, signer, authority.url, tmp_path / "signed.mp4")

    verdict = verify(signed, Trust.in_(signer))

    assert [reason.code for reason in verdict.reasons] == ["ledger.not-at-hand"]
    assert f"A trusted time-stamp says {now():%Y-%m-%d}" in verdict.explain()


def test_a_time_stamp_of_strangers_is_not_taken(world: World, authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(CredentialError) as refusal:
        stamped(world, world.signer, authority.url, tmp_path / "signed.mp4")

    assert refusal.value.code == "timestamp.untrusted"


def test_an_authority_that_is_away_leaves_nothing(world: World, tmp_path: Path) -> None:
    with pytest.raises(CredentialError) as refusal:
        stamped(world, world.signer, "http://127.0.0.1:9", tmp_path / "signed.mp4")

    assert refusal.value.code == "credential.not-signed"
    assert not list(tmp_path.iterdir())
