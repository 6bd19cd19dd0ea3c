"""A public model comes into the weights folder whole, unopened, and only as pinned."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from avatar.errors import AvatarError
from avatar.models.importer import import_model
from avatar.models.pinned import digest_of_folder, resolve_pinned_dir
from avatar.models.reference import ModelRef

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {"converter/config.json": b"{}", "converter/checkpoint.pth": b"tensors", "README.md": b"other"}


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(content)
    return tmp_path / "model" / "converter"


class Hub(BaseHTTPRequestHandler):
    """As much of a hub as a download by commit asks for."""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *_: object) -> None: ...

    def _answer(self, *, body: bool) -> None:
        path, content = self.path.partition("?")[0], None
        if path == f"/api/models/ada/voice/tree/{COMMIT}":
            said = [{"type": "file", "path": name, "size": len(held), "oid": "0"} for name, held in FILES.items()]
            content = json.dumps(said).encode()
        elif path.startswith(f"/ada/voice/resolve/{COMMIT}/"):
            content = FILES.get(path.removeprefix(f"/ada/voice/resolve/{COMMIT}/"))
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.send_header("ETag", f'"{hash(content) & 0xFFFFFFFF:040x}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content or b"")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub on this machine."""
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    # The library reads its variables when it is imported.
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    yield
    server.shutdown()
    server.server_close()


def test_a_folder_is_brought_and_pinned_by_what_is_printed(model, weights) -> None:
    digest = import_model(str(model), "openvoice/v2")

    assert resolve_pinned_dir(ModelRef("openvoice/v2", digest), option="model") == weights / "openvoice" / "v2"
    assert [path.name for path in (weights / "openvoice").iterdir()] == ["v2"]


def test_a_prefix_of_a_bucket_is_brought(model, weights, s3_endpoint) -> None:
    import boto3

    from tests.conftest import BUCKET

    for path in model.iterdir():
        boto3.client("s3").upload_file(str(path), BUCKET, f"models/openvoice/{path.name}")

    assert import_model(f"s3://{BUCKET}/models/openvoice", "openvoice") == digest_of_folder(model)
    with pytest.raises(AvatarError, match="no files") as refusal:
        import_model(f"s3://{BUCKET}/models/open", "other")
    assert refusal.value.code == "weights.missing"


def test_a_bucket_that_is_not_there_is_named(weights, s3_endpoint) -> None:
    with pytest.raises(AvatarError, match="s3://nobodys") as refusal:
        import_model("s3://nobodys-bucket/models", "openvoice")
    assert refusal.value.code == "weights.missing"


def test_a_folder_of_a_hub_is_brought_by_its_commit(model, weights, hub) -> None:
    assert import_model(f"hub:ada/voice@{COMMIT}/converter", "openvoice") == digest_of_folder(model)
    assert not any(path.is_symlink() for path in (weights / "openvoice").iterdir())


def test_what_a_hub_does_not_have_is_named(weights, hub) -> None:
    with pytest.raises(AvatarError, match="hub:ada/other") as refusal:
        import_model(f"hub:ada/other@{COMMIT}", "openvoice")
    assert refusal.value.code == "weights.missing"


def test_another_digest_than_was_asked_for_leaves_nothing(model, weights) -> None:
    with pytest.raises(AvatarError, match="nothing was put") as refusal:
        import_model(str(model), "openvoice", "0" * 64)

    assert refusal.value.code == "weights.altered"
    assert list(weights.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "name", "code"),
    [
        ("MODEL", "../elsewhere", "weights.path"),
        ("MODEL", "/elsewhere", "weights.path"),
        ("MODEL", "there", "weights.exists"),
        ("/nowhere/at/all", "new", "weights.source"),
        ("hub:ada/voice", "new", "weights.source"),
        ("hub:ada/voice@main", "new", "weights.source"),
        ("EMPTY", "new", "weights.missing"),
    ],
)
def test_what_will_not_do_is_refused(source, name, code, model, weights, tmp_path) -> None:
    (weights / "there").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    places = {"MODEL": str(model), "EMPTY": str(tmp_path / "empty")}

    with pytest.raises(AvatarError) as refusal:
        import_model(places.get(source, source), name)
    assert refusal.value.code == code
