"""A toy context that workers open by its folder, with engines that go wrong."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from avatar.consent import Cleared
from avatar.stages.request import Parts, Workbench
from avatar.stages.voice import CloneVoice
from avatar.studio.studio import ProgressEvent, Studio
from avatar.studio.workers.channel import StudioFactory
from avatar.studio.workers.pool import Workers
from avatar.testing.toys import TOYS, Toy
from avatar.testing.world import TOY_BRIEF, World


@dataclass(frozen=True)
class Endless(Toy):
    """Speaks on and on, and looks up now and then."""

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        while True:
            bench.pulse(0.5)
            time.sleep(0.02)


@dataclass(frozen=True)
class Killed(Toy):
    """What the kernel does to a process that wants too much memory."""

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        bench.new("sound.wav").write_bytes(b"half a wor")
        os.kill(os.getpid(), signal.SIGKILL)
        return {}


@dataclass(frozen=True)
class Surprised(Toy):
    """Fails as nobody foresaw."""

    def run(self, cleared: Cleared[CloneVoice], bench: Workbench) -> Parts:
        raise ZeroDivisionError("nobody foresaw this")


ENGINES = {**TOYS, "endless": lambda: Endless, "killed": lambda: Killed, "surprised": lambda: Surprised}


def world_in(folder: Path) -> World:
    return World(folder, engines=dict(ENGINES))


def opened(tell: Callable[[ProgressEvent], None], halted: Callable[[], bool], *, folder: str) -> Studio:
    return replace(world_in(Path(folder)).studio, on_progress=tell, is_cancelled=halted)


def speak_for_ever(folder: Path) -> None:
    """Have ada speak endlessly in the context of *folder*, and print the id of each process that has a part in it."""
    from avatar.stages.registry import EngineSpec
    from avatar.stages.voice import LearnVoice
    from benchmarks.children import family

    world = world_in(folder)
    ada = world.people.find("ada")
    voice = world.perform(LearnVoice(world.likeness(ada).voice), EngineSpec("ear"))

    def tell(moment: ProgressEvent) -> None:
        if moment.done:
            print(*family(os.getpid()), flush=True)

    with Workers(StudioFactory.of(opened, folder=str(folder)), tell) as workers:
        workers.perform(CloneVoice(voice, "hello there"), EngineSpec("endless"), TOY_BRIEF)
