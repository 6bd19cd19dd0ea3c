"""E: inside the door: what the reading process may do, what comes in, and a small run of the fuzzer."""

import socket
import subprocess
import sys
from pathlib import Path

import av
import pytest

from avatar.media.container import open_container
from avatar.media.image_io import read_rgb
from avatar.media.ingest import sandbox
from avatar.media.ingest.gateway import ingest_footage, ingest_sound
from avatar.media.ingest.sanitize import sanitize_footage, sanitize_portrait
from benchmarks.fuzz_media import MOST_MEMORY, MOST_SECONDS, bring, listening
from benchmarks.hostile_media import made
from tests.redteam.cases import attack

ROOT = Path(__file__).parents[3]


def taken_over(room: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run *code* in the reading process itself, where a decoder would run that a file has taken over.

    It has ``here``, a folder with the file ``brought`` and the folder ``room``, and ``to``, where its answer belongs.
    """
    (room / "room").mkdir()
    (room / "brought").write_text("words")
    body = "".join(f"    {line}\n" for line in code.splitlines())
    program = (
        "import sys\nfrom pathlib import Path\nfrom avatar.media.ingest import sandbox, sanitize\n"
        f"here = Path({str(room)!r})\n"
        f"def footage(path, to):\n{body}"
        "sanitize.sanitize_footage = footage\n"
        "sys.exit(sandbox._main('footage', here / 'brought', here / 'room/taken', 20))"
    )
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_listener_hears_a_decoder_that_nothing_holds_back(tmp_path, honest):
    """Without this, silence would mean nothing."""
    with listening() as elsewhere:
        path = tmp_path / "x.mp4"
        path.write_bytes(made("HLS playlist", honest, elsewhere.url)[1])
        free = {"protocol_whitelist": "file,http,tcp", "allowed_extensions": "ALL", "extension_picky": "0"}
        with pytest.raises(av.error.FFmpegError):
            av.open(str(path), format="hls", options=free)
        assert elsewhere.calls


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")
@attack("a decoder that was taken over opens a connection", by="a process of its own", harmless="the kernel refuses")
def test_the_reading_process_cannot_open_a_socket(tmp_path):
    done = taken_over(tmp_path, "import socket\nsocket.socket()")

    assert "PermissionError" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")
@attack("a decoder that was taken over starts a program", by="a process of its own", harmless="the kernel refuses")
def test_the_reading_process_cannot_start_a_program(tmp_path):
    done = taken_over(tmp_path, "import subprocess\nsubprocess.run(['/bin/true'])")

    assert "PermissionError" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's rules are Linux's")
@attack(
    "a decoder that was taken over reads the user's files, or writes beside its own",
    by="a process of its own",
    harmless="the kernel refuses",
)
@pytest.mark.parametrize(
    "code", ["open(here / 'secret').read()", "open(here / 'planted', 'w')", "import os; os.listdir(here)"]
)
def test_the_reading_process_sees_its_own_file_only(tmp_path, code):
    (tmp_path / "secret").write_text("words")

    done = taken_over(tmp_path, f"to.write_text(path.read_text())\n{code}")

    assert "PermissionError" in done.stderr
    assert (tmp_path / "room/taken").read_text() == "words"
    assert not (tmp_path / "planted").exists()


@attack(
    "a decoder that was taken over fills the memory", by="a process of its own", harmless="it gets no more than 1 GB"
)
def test_the_reading_process_gets_a_gigabyte_at_most(tmp_path):
    done = taken_over(
        tmp_path,
        "import re, sys\nheld = []\n"
        "try:\n    while True: held.append(bytearray(1 << 24))\n"
        "except MemoryError:\n    del held\n"
        "    print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1], file=sys.stderr)\n"
        "to.write_text('')",
    )

    assert 0 < int(done.stderr) / 1024 < MOST_MEMORY


@attack("a decoder that never ends", by="a process of its own", code="media.too-slow")
def test_the_reading_process_gets_little_time(scene, honest, tmp_path, monkeypatch):
    path = tmp_path / "f.mp4"
    path.write_bytes(honest.files["mp4"])
    monkeypatch.setattr(sandbox, "_MIN_CPU_S", 1)
    monkeypatch.setattr(sandbox.sys, "executable", _spinning(tmp_path))

    with scene.attacked():
        scene.world.people.enroll("newcomer", "synthetic", [lambda room: ingest_footage(path, room)])


def _spinning(folder: Path) -> str:
    """A reader that takes its limits, and then never comes to an end."""
    script = folder / "spinning"
    code = "from avatar.media.ingest import sandbox; sandbox._set_limits(1)\nwhile True: pass"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}'\n")
    script.chmod(0o700)
    return str(script)


@attack("a film whose data is said to lie at an address", by="one format", harmless="nobody is called")
def test_outside_data_is_not_fetched(honest, listener, tmp_path):
    """In this process, where nothing but the reader's own options stands between the file and the network."""
    for seed in range(6):
        path = tmp_path / f"{seed}.mp4"
        path.write_bytes(made("mp4 with outside data", honest, listener.url, seed)[1])
        sanitize_footage(path, tmp_path / "taken.mp4")

        assert listener.url.encode() not in (tmp_path / "taken.mp4").read_bytes()


@attack(
    "a list of films that got past the sniffing reads other files",
    by="one format",
    code="media.unreadable",
    entry=False,
)
def test_a_list_of_films_is_no_film(scene, honest, tmp_path):
    (tmp_path / "secret.mp4").write_bytes(honest.files["mp4"])
    (tmp_path / "x.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n")

    with scene.attacked(), open_container(tmp_path / "x.mp4"):
        pass


@attack("a credential that is said to lie at an address", by="clean copies", harmless="nobody is called")
def test_a_credential_elsewhere_is_not_fetched(honest, listener, tmp_path):
    path = tmp_path / "f.mp4"
    path.write_bytes(made("mp4 with a credential elsewhere", honest, listener.url)[1])
    sanitize_footage(path, tmp_path / "taken.mp4")

    assert listener.url.encode() not in (tmp_path / "taken.mp4").read_bytes()


@attack("something behind the picture: a page, an archive", by="clean copies", harmless="only the pixels come in")
def test_what_hangs_on_a_picture_stays_outside(honest, tmp_path):
    path = tmp_path / "p.png"
    path.write_bytes(honest.files["png"] + b"<script>evil()</script>PK\x03\x04")
    sanitize_portrait(path, tmp_path / "taken.png")

    assert b"evil" not in (tmp_path / "taken.png").read_bytes()
    assert read_rgb(tmp_path / "taken.png").shape == (48, 64, 3)


@attack("addresses and pictures in the tag of a sound", by="clean copies", harmless="only the samples come in")
def test_the_tag_of_a_sound_stays_outside(honest, listener, tmp_path):
    path = tmp_path / "s.mp3"
    path.write_bytes(made("MP3 with addresses in its tag", honest, listener.url, 2)[1])
    (tmp_path / "room").mkdir()
    taken = ingest_sound(path, tmp_path / "room")

    assert listener.url.encode() in path.read_bytes()
    assert listener.url.encode() not in taken.read_bytes()


def test_a_process_that_answers_nonsense_is_a_refusal(honest, tmp_path, monkeypatch):
    script = tmp_path / "babbling"
    script.write_text("#!/bin/sh\necho not json\nexit 3\n")
    script.chmod(0o700)
    monkeypatch.setattr(sandbox.sys, "executable", str(script))
    path = tmp_path / "f.mp4"
    path.write_bytes(honest.files["mp4"])
    (tmp_path / "room").mkdir()

    with pytest.raises(sandbox.InputError) as refusal:
        ingest_footage(path, tmp_path / "room")
    assert refusal.value.code == "media.crashed"


@pytest.mark.slow
def test_no_connection_at_all_is_made_from_this_process(monkeypatch, tmp_path):
    """The fuzzer's own files, some of each kind: all end with a reason, or come in clean; nobody is called."""
    made_here = []
    monkeypatch.setattr(socket.socket, "connect", lambda *a: made_here.append(a))
    with listening() as elsewhere:
        endings = [ending for _, ending in bring(range(2000, 2060), 2, elsewhere.url, tmp_path / "files")]

        assert elsewhere.calls == []
    assert made_here == []
    assert [ending for ending in endings if ending.code.startswith(("escaped", "media.crashed"))] == []
    assert not any(ending.carried for ending in endings)
    assert max(ending.cpu_seconds for ending in endings) < MOST_SECONDS
    assert len({ending.code for ending in endings}) > 8
