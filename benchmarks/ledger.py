"""What a gate check costs behind a long ledger, and how long a fresh process reads before it can answer."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from avatar.artifacts.objects import FolderObjects
from avatar.consent import Use
from avatar.consent.claims import LedgerPosition
from avatar.consent.entries import Fact
from avatar.consent.keys import key_at
from avatar.consent.ledger import Ledger
from avatar.stages.voice import LearnVoice
from avatar.testing.world import World
from benchmarks.ledgers import facts, name, signed
from benchmarks.rows import Row, options, show

_SIZES = (10_000, 100_000)
_TRIES = 300
_TAIL = 500  # entries behind the newest snapshot: on average it is so old


class Counted(FolderObjects):
    """A folder that counts how often, and how much, is read of the ledger."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.counts: Counter[str] = Counter()

    def read(self, key: str) -> bytes | None:
        data = super().read(key)
        if key.startswith("ledger/"):
            self.counts += Counter(reads=1, bytes=len(data or b""))
        return data


def main() -> None:
    """Measure, and print the table."""
    wanted = options(__doc__)
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        objects = Counted(Path(folder) / "store")
        world = World(Path(folder), objects)
        ada = world.enroll("ada")
        world.agree(ada, Use.CLONE_VOICE)
        voice, happening = world.likeness(ada).voice, facts()
        assert voice
        request = LearnVoice(voice)
        for size in _SIZES:
            _grow(world, Path(folder) / "store", size, happening)
            rows.append(_whole(world, objects, size))
            _grow(world, Path(folder) / "store", size + _TAIL, happening)
            rows += _measured(world, objects, size, lambda: world.clear(request))
    show(rows, wanted.json)


def _whole(world: World, objects: Counted, size: int) -> Row:
    for key in list(objects.list("ledger/snapshots")):
        objects.delete(key)
    return Row(f"cold start with no snapshot, {size} entries", _seconds(_fresh(world, objects).read), "s")


def _fresh(world: World, objects: Counted) -> Ledger:
    return World(world.folder, objects).ledger


def _measured(world: World, objects: Counted, size: int, check: Callable[[], object]) -> Iterator[Row]:
    tail = f"from a snapshot {_TAIL} entries old, {size} entries"
    yield Row(f"cold start {tail}", _seconds(_fresh(world, objects).read), "s")
    newest = list(objects.list("ledger/snapshots"))[-1]
    yield Row(f"bytes of a snapshot, {size} entries", len(objects.read(newest) or b"") / 1e6, "MB")
    world.ledger.read()
    objects.counts.clear()
    ledger_ms = [_seconds(world.ledger.head) * 1e3 for _ in range(_TRIES)]
    yield Row(f"warm look at the ledger, {size} entries", median(ledger_ms), "ms")
    yield Row(f"reads of the ledger a look, {size} entries", objects.counts["reads"] / _TRIES, "reads")
    yield Row(f"bytes of the ledger a look, {size} entries", objects.counts["bytes"] / _TRIES, "bytes")
    yield Row(f"gate check, {size} entries", median(_seconds(check) * 1e3 for _ in range(_TRIES)), "ms")
    key = key_at(world.folder / "checkpoint.key", make=True)
    yield Row(f"checkpoint, {size} entries", _seconds(lambda: world.ledger.checkpoint(key)) * 1e3, "ms")
    yield Row(f"proof, {size} entries", median(_seconds(lambda: world.ledger.prove(7)) * 1e3 for _ in range(30)), "ms")


def _grow(world: World, store: Path, size: int, happening: Iterator[Fact]) -> None:
    # Written straight into the folder: appending one by one would mostly measure the disk.
    place, _ = world.ledger.head()
    key = key_at(world.folder / "ledger.key")
    while place.index + 1 < size:
        data = signed(place, next(happening), key)
        place = LedgerPosition(place.origin, place.index + 1, sha256(data).hexdigest())
        (store / name(place.index)).write_bytes(data)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
