"""Withdrawals racing publications through the real studio, with toy engines: who wins, and that nothing leaks.

Run as ``python -m benchmarks.races [--folder 10000] [--s3 1000] [--json FILE]``. Half of the withdrawals come from
another thread, half from another process. S3 is a moto server in a process of its own.
"""

import argparse
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from avatar.artifacts.artifact import Video
from avatar.artifacts.objects import Objects
from avatar.artifacts.s3 import S3Objects
from avatar.consent import Cleared, Use
from avatar.consent.entries import Entry, Granted, Published, Withdrawn
from avatar.errors import ConsentError
from avatar.people.directory import Person
from avatar.publishing.ledger_lookup import lookup_publication
from avatar.stages.face import AnimateFace, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.request import Parts, PublicationWorkbench
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.studio import ProgressEvent
from avatar.testing.toys import ToyPublication
from avatar.testing.world import TOY_BRIEF, World
from benchmarks.rows import Row, show

_COURSE = 250  # races in one store: a gate's work grows a little with what it has seen
_STEP, _SPREAD = 0.001, 0.006  # seconds
_BUCKET = "races"
_PLENTY = 1_000_000  # outputs and seconds: here nobody runs out of them

# What the video below makes of each: a publication stands on these uses, whoever says otherwise.
_NEEDED = {
    "ada": frozenset({Use.CLONE_VOICE, Use.ANIMATE_FACE, Use.PUBLISH}),
    "mia": frozenset({Use.SWAP_FACE, Use.PUBLISH}),
}
_TAKEN: tuple[tuple[Use, ...], ...] = (
    (),  # everything
    (Use.PUBLISH,),
    (Use.CLONE_VOICE, Use.SWAP_FACE),
    (Use.TRAIN,),  # not needed by either: then the publication must go through
)

Withdraw = Callable[[Person, Sequence[Use], float], None]


@dataclass(frozen=True)
class Numbered(ToyPublication):
    """Signs like the toy; each *number* is another publication."""

    number: int = 0

    def run(self, cleared: Cleared[Publish], bench: PublicationWorkbench) -> Parts:
        """Return the stamped video with the number behind it."""
        parts = super().run(cleared, bench)
        with parts["video.mp4"].open("ab") as file:
            file.write(self.number.to_bytes(4, "big"))
        return parts


@dataclass
class Tally:
    """How races ended, and every one that let something out."""

    ended: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)

    @property
    def races(self) -> int:
        """How many were run."""
        return self.ended["races"]


@dataclass
class Oracle:
    """Consent by the entries alone: a few lines that share nothing with the product's own fold."""

    names: dict[str, str]  # person -> alias
    standing: dict[str, dict[str, set[Use]]] = field(default_factory=dict)  # person -> grant -> uses

    def add(self, entry: Entry) -> str:
        """Take in *entry*; return what is wrong with it, or nothing."""
        match entry.fact:
            case Granted(grant=grant):
                self.standing.setdefault(grant.person, {})[grant.digest] = set(grant.scope.uses)
            case Withdrawn(withdrawal=withdrawal):
                for uses in self.standing.get(withdrawal.person, {}).values():
                    uses.difference_update(withdrawal.uses or tuple(Use))
            case Published(people=people, grants=grants):
                return self._wrong(people, grants)
        return ""

    def stands(self, person: str, grants: Sequence[str] | None = None) -> bool:
        """Return whether *person* agrees to all that the video needs, by *grants* (by default: by any)."""
        own = self.standing.get(person, {})
        uses = [own[grant] for grant in (own if grants is None else grants) if grant in own]
        return _NEEDED[self.names[person]] <= set().union(*uses)

    def _wrong(self, people: Sequence[str], grants: Sequence[str]) -> str:
        if set(people) != set(self.names):
            return "published with other people in it"
        return "" if all(self.stands(person, grants) for person in people) else "published after a withdrawal"


class Course:
    """One store with one video of two people in it, and a publisher who tries again and again."""

    def __init__(self, world: World, tally: Tally, rng: random.Random) -> None:
        self.world, self.tally, self.rng = world, tally, rng
        world.engines["numbered"] = lambda: Numbered
        self.people = [world.enroll(alias) for alias in _NEEDED]
        for person in self.people:
            world.agree(person, max_outputs=_PLENTY, max_seconds=_PLENTY)
        self.video = _video(world, *self.people)
        self.oracle = Oracle({person.id: person.alias for person in self.people})
        self._studio = replace(world.studio, on_progress=self._hear)
        self._heard = threading.local()
        self._read = 0
        # Seconds from the start of a publication to the withdrawal. It follows the winner, so that both win about as
        # often: then most withdrawals come in the last moments before the exit.
        self._offset = 0.0

    def race(self, number: int, withdraw: Withdraw) -> None:
        """Let one or two publications and one withdrawal run against each other, and judge what came of it."""
        self._agreed_again()
        person, uses = self.rng.choice(self.people), self.rng.choice(_TAKEN)
        offset = self._offset + self.rng.uniform(-_SPREAD, _SPREAD)
        numbers = [2 * number, 2 * number + 1][: self.rng.choice((1, 1, 2))]
        threads = [threading.Thread(target=self._publish, args=(each, max(0, -offset))) for each in numbers]
        withdrawing = threading.Thread(target=withdraw, args=(person, uses, max(0, offset)))
        for thread in (*threads, withdrawing):
            thread.start()
        for thread in (*threads, withdrawing):
            thread.join()
        self._judge(number)
        self.tally.ended["races"] += 1

    def _agreed_again(self) -> None:
        state = self.world.ledger.read()
        for person in self.people:
            if not any(set(each.uses) == set(Use) for each in state.people[person.id].standing):
                self.world.agree(person, max_outputs=_PLENTY, max_seconds=_PLENTY)
        self._judge(-1)

    def _publish(self, number: int, delay: float) -> None:
        time.sleep(delay)
        self._heard.moments = []
        try:
            self._studio.perform(Publish(self.video), EngineSpec("numbered", {"number": number}), TOY_BRIEF)
        except ConsentError as error:
            late = " after the work was done" if "running" in self._heard.moments else ""
            self.tally.ended[f"refused{late}: {error.code}"] += 1
            self._offset += _STEP
        else:
            self.tally.ended["published"] += 1
            self._offset -= _STEP

    def _hear(self, moment: ProgressEvent) -> None:
        self._heard.moments.append(moment.what)

    def _judge(self, number: int) -> None:
        newest, files = self.world.ledger.read().index, []
        for entry in self.world.ledger.entries(self._read, newest + 1):
            wrong = self.oracle.add(entry)
            if wrong:
                self.tally.leaks.append(f"race {number}, entry {entry.index}: {wrong}")
            if isinstance(entry.fact, Published):
                files.append(entry.fact.file)
        self._read = newest + 1
        if not all(self.oracle.stands(person.id) for person in self.people):
            self._try_to_get_it_all_the_same(number, files)

    def _try_to_get_it_all_the_same(self, number: int, files: list[str]) -> None:
        state = self.world.ledger.read()
        for file in files:
            facts = lookup_publication(state, file)
            if facts is None or not (facts.withdrawn or self._publishing_stands()):
                self.tally.leaks.append(f"race {number}: a file would still be delivered")
        try:
            self.world.studio.perform(Publish(self.video), EngineSpec("numbered", {"number": 2 * number}), TOY_BRIEF)
        except ConsentError:
            self._read = self.world.ledger.read().index + 1  # the refusal
        else:
            self.tally.leaks.append(f"race {number}: recalled after a withdrawal")

    def _publishing_stands(self) -> bool:
        # Who takes back another use than publishing lets what is out stay out; nothing new is made of it.
        state = self.world.ledger.read()
        return all(any(Use.PUBLISH in s.uses for s in state.people[p.id].standing) for p in self.people)


def run(count: int, world_of: Callable[[Path], World], tally: Tally, seed: int = 0) -> None:
    """Run *count* races in worlds that *world_of* opens in a folder, and add up how they ended in *tally*."""
    rng = random.Random(seed)
    for first in range(0, count, _COURSE):
        with TemporaryDirectory() as folder:
            course = Course(world_of(Path(folder)), tally, rng)
            there = world_of(Path(folder))

            def in_a_thread(person: Person, uses: Sequence[Use], delay: float, there: World = there) -> None:
                _withdraw(there, person, uses, delay)

            last = min(first + _COURSE, count)
            half = (first + last) // 2
            for number in range(first, half):
                course.race(number, in_a_thread)
            with _in_a_process(Path(folder), world_of) as withdraw:
                for number in range(half, last):
                    course.race(number, withdraw)


def on_a_folder(folder: Path) -> World:
    """Return the world in *folder*."""
    return World(folder)


def on_s3(bucket: str, folder: Path) -> World:
    """Return the world in *folder* whose store is in a *bucket* of whatever speaks S3 at ``AWS_ENDPOINT_URL``."""
    objects: Objects = S3Objects(bucket, folder.name.lower())
    return World(folder, objects)


def main() -> None:
    """Race, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=int, default=10_000, help="races on a folder store")
    parser.add_argument("--s3", type=int, default=1_000, help="races on S3")
    parser.add_argument("--json", type=Path, help="also write the rows to this file, as JSON")
    wanted = parser.parse_args()
    rows = _rows("folder", wanted.folder, on_a_folder)
    if wanted.s3:
        with _moto():
            rows += _rows("S3", wanted.s3, partial(on_s3, _BUCKET))
    show(rows, wanted.json)


def _rows(store: str, count: int, world_of: Callable[[Path], World]) -> list[Row]:
    tally, started, cpu = Tally(), time.monotonic(), time.process_time()
    run(count, world_of, tally)
    if tally.leaks:
        print(json.dumps(tally.leaks[:20], indent=2))
    return [
        *(Row(f"{name}, {store}", number, "times") for name, number in sorted(tally.ended.items())),
        Row(f"leaks, {store}", len(tally.leaks), "leaks"),
        Row(f"a race, {store}", 1e3 * (time.monotonic() - started) / max(tally.races, 1), "ms"),
        Row(
            f"a race, {store}, without its other processes",
            1e3 * (time.process_time() - cpu) / max(tally.races, 1),
            "CPU-ms",
        ),
    ]


def _withdraw(world: World, person: Person, uses: Sequence[Use], delay: float) -> None:
    time.sleep(delay)
    world.people.withdraw(person, uses)


@contextmanager
def _in_a_process(folder: Path, world_of: Callable[[Path], World]) -> Iterator[Withdraw]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_withdrawals, args=(theirs, folder, world_of), daemon=True)
    process.start()
    theirs.close()  # so that we hear of it when the process dies
    ours.recv()

    def withdraw(person: Person, uses: Sequence[Use], delay: float) -> None:
        ours.send((person, uses, delay))
        ours.recv()

    try:
        yield withdraw
    finally:
        ours.send(None)
        process.join(30)


def _withdrawals(orders: Connection, folder: Path, world_of: Callable[[Path], World]) -> None:
    world = world_of(folder)
    world.ledger.read()
    orders.send("ready")
    while (order := orders.recv()) is not None:
        _withdraw(world, *order)
        orders.send("done")


@contextmanager
def _moto() -> Iterator[None]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    with patch.dict(os.environ, environment):
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            _bucket(port)
            yield
        finally:
            server.terminate()
            server.wait(30)


def _bucket(port: int) -> None:
    import boto3

    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    boto3.client("s3").create_bucket(Bucket=_BUCKET)


def _video(world: World, ada: Person, mia: Person) -> Video:
    def perform(request: Any, engine: str) -> Any:
        return world.perform(request, EngineSpec(engine))

    theirs, hers = world.likeness(ada), world.likeness(mia)
    assert theirs.voice
    assert theirs.portrait
    assert hers.portrait
    speech = perform(CloneVoice(perform(LearnVoice(theirs.voice), "ear"), "hello there"), "beep")
    footage = perform(AnimateFace(theirs.portrait, speech), "still")
    worn = perform(SwapFace(footage, hers.portrait), "tint")
    video = perform(Assemble((perform(Render((worn,), speech), "reel"),)), "splice")
    assert isinstance(video, Video)
    return video


if __name__ == "__main__":
    main()
