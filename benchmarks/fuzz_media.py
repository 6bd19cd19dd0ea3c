"""A thousand hostile files at the door: how each ends, what it costs, and whether anyone was called.

Run as ``python -m benchmarks.fuzz_media [--files 1000] [--seed 1] [--json FILE]``. Exits with 1 if a law is broken.
"""

import argparse
import contextlib
import resource
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from avatar.errors import InputError
from avatar.media.ingest.gateway import ingest_footage, ingest_portrait, ingest_sound
from benchmarks.hostile_media import Hostile, Sane, attacks, hostile, sane
from benchmarks.rows import Row, show

MOST_MEMORY = 1024  # MB, of any process that read one
MOST_SECONDS = 30.0  # of processor time, for one file

_DOORS = {"portrait": ingest_portrait, "sound": ingest_sound, "footage": ingest_footage}


@dataclass
class Listener:
    """Counts who calls at *url*: nobody should."""

    url: str
    calls: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ending:
    """How one file ended: the *code* it was refused with, ``accepted``, or ``escaped`` with another error."""

    code: str
    cpu_seconds: float
    carried: bool  # whether what came in still holds the address that the file named


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Listen on this machine for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(f"http://127.0.0.1:{server.getsockname()[1]}/x.mp4")

        def listen() -> None:
            with contextlib.suppress(OSError):  # closed at the end
                while True:
                    caller, _ = server.accept()
                    listener.calls.append("called")
                    caller.close()

        threading.Thread(target=listen, daemon=True).start()
        yield listener


def knock(file: Hostile, room: Path, url: str) -> Ending:
    """Bring *file* to its door; *room* is where it would come in."""
    room.mkdir()
    before = _children()
    try:
        taken = _DOORS[file.door](file.path, room)
    except InputError as error:
        code, carried = error.code, any(room.iterdir())
    except Exception as error:
        code, carried = f"escaped {type(error).__name__}", False
    else:
        code, carried = "accepted", url.encode() in taken.read_bytes()
    shutil.rmtree(room)
    return Ending(code, _children() - before, carried)


def bring(numbers: range, seed: int, url: str, folder: Path) -> Iterator[tuple[Hostile, Ending]]:
    """Write the files *numbers* of the run *seed* one by one, bring each to its door, and yield how it ended."""
    (folder / "sane").mkdir(parents=True)
    honest: Sane = sane(folder / "sane")
    for number in numbers:
        own = folder / str(number)
        own.mkdir()
        file = hostile(number, seed, honest, own, url)
        yield file, knock(file, own / "room", url)
        shutil.rmtree(own)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Bring all of them, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    asked = parser.parse_args()

    codes: Counter[str] = Counter()
    wrong: list[str] = []
    slowest, started = 0.0, time.monotonic()
    with listening() as listener, tempfile.TemporaryDirectory() as folder:
        for file, ending in bring(range(asked.files), asked.seed, listener.url, Path(folder) / "files"):
            codes[ending.code] += 1
            slowest = max(slowest, ending.cpu_seconds)
            if ending.code.startswith("escaped") or ending.carried or ending.cpu_seconds > MOST_SECONDS:
                wrong.append(f"{file.attack}: {ending}")
            if ending.code == "media.crashed":
                print(f"note: {file.path.name}, {file.attack}: its reader broke", file=sys.stderr)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rows = [Row("files", asked.files, "files"), Row("kinds of attack", len(attacks()), "kinds")]
    rows += [Row(f"ended as {code}", count, "files") for code, count in sorted(codes.items())]
    rows += [
        Row("escaped, carried or too slow", len(wrong), "files"),
        Row("connections", len(listener.calls), "connections"),
        Row("largest reader", memory, "MB"),
        Row("slowest file", slowest, "CPU-s"),
        Row("all files", time.monotonic() - started, "s"),
    ]
    show(rows, asked.json)
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong or listener.calls or memory > MOST_MEMORY))


if __name__ == "__main__":
    sys.exit(main())
