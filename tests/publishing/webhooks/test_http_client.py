"""Messages to a real server."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import avatar.publishing.webhooks.http_client as module
from avatar.publishing.webhooks.http_client import post
from tests.publishing.webhooks.receiver import receiving

NOBODY = frozenset()


def test_a_message_arrives_as_json_with_its_headers(receiver):
    answer = post(receiver.url, {"webhook-id": "a/1"}, b"{}", NOBODY)

    assert (answer.status, answer.taken) == (204, True)
    (message,) = receiver.got
    assert message.body == b"{}"
    assert message.headers["webhook-id"] == "a/1"
    assert message.headers["content-type"] == "application/json"


def test_a_redirect_is_not_followed(receiver):
    with receiving() as elsewhere:
        receiver.status, receiver.headers = 307, {"location": elsewhere.url}

        answer = post(receiver.url, {}, b"{}", NOBODY)

        assert not answer.taken
        assert elsewhere.got == []


def test_a_proxy_in_the_environment_is_not_asked(receiver, monkeypatch):
    with receiving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)

        assert post(receiver.url, {}, b"{}", NOBODY).taken
        assert proxy.got == []


@pytest.mark.parametrize(("said", "wait"), [("120", 120), ("99999999", 86400), ("soon", 0), ("-5", 0), ("9" * 99, 0)])
def test_a_receiver_may_ask_for_time(receiver, said, wait):
    receiver.status, receiver.headers = 503, {"retry-after": said}

    assert post(receiver.url, {}, b"{}", NOBODY).wait == wait


@contextmanager
def saying(start: bytes, then: bytes, every: float) -> Iterator[str]:
    """A server that says *start*, and then *then* for ever."""
    over = threading.Event()

    def say() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(start)
            while not over.wait(every):
                try:
                    connection.sendall(then)
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        speaking = threading.Thread(target=say)
        speaking.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            speaking.join()


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP", b""])
def test_a_server_that_drips_one_letter_after_the_other_is_cut_off(monkeypatch, start):
    monkeypatch.setattr(module, "_TOTAL_TIMEOUT_S", 0.4)

    with saying(start, b"y", 0.05) as url, pytest.raises((OSError, http.client.HTTPException)):
        post(url, {}, b"{}", NOBODY)


def test_an_endless_answer_is_not_read():
    with saying(b"HTTP/1.1 200 OK\r\n\r\n", b"y" * 10_000, 0) as url:
        assert post(url, {}, b"{}", NOBODY).taken


def test_https_goes_to_the_checked_address_and_must_prove_the_name(tmp_path, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path, "hooks.internal"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "hooks.internal.pem"))
    asked = []

    def look_up(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", lambda to, *_: _direct(to))
    with receiving(context) as receiver:
        port = urlsplit(receiver.url).port
        hosts = frozenset({"hooks.internal", "other.internal"})

        assert post(f"https://hooks.internal:{port}", {}, b"{}", hosts).taken
        with pytest.raises(ssl.SSLCertVerificationError):
            post(f"https://other.internal:{port}", {}, b"{}", hosts)

        (message,) = receiver.got
        assert message.headers["host"] == f"hooks.internal:{port}"
    assert asked == ["hooks.internal", "other.internal"]  # once each: what was checked is what is connected to


def _direct(to):
    """Connect without asking the name server that the test plays."""
    sock = socket.socket()
    sock.connect(to)
    return sock


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
