"""Several lines at a time, on the command line."""

import time
from threading import Event

import pytest

from avatar.cli.production_run import _several, _worked
from avatar.errors import WorkerError
from avatar.stages.registry import EngineSpec
from avatar.stages.voice import LearnVoice
from avatar.testing.world import TOY_BRIEF
from tests.consent.reading import entries


def test_results_come_in_the_order_of_the_lines() -> None:
    halt = Event()

    def late(line: int) -> int:
        time.sleep(0.02 * (3 - line))
        return line

    assert _several(3, halt)(late, range(3)) == [0, 1, 2]
    assert not halt.is_set()


def test_a_line_that_fails_is_told_at_once_and_ends_the_others() -> None:
    """The first line goes on until it is halted; nobody waits for it."""
    halt, over = Event(), Event()

    def line(number: int) -> None:
        if number == 1:
            raise ValueError(number)
        if halt.wait(20):
            over.set()

    with pytest.raises(ValueError, match="1"):
        _several(2, halt)(line, range(2))
    assert over.wait(5)


def test_a_worker_that_is_lost_is_in_the_ledger(world) -> None:
    """It could not write that down itself."""

    class Lost:
        def perform(self, request, choice, brief):
            raise WorkerError("the process that worked on it has ended", code="worker.ended")

    ada = world.enroll("ada")
    with pytest.raises(WorkerError):
        _worked(world, Lost(), LearnVoice(world.likeness(ada).voice), EngineSpec("ear"), TOY_BRIEF)

    assert [(entry.fact.kind, getattr(entry.fact, "code", "")) for entry in entries(world.objects)][-1] == (
        "refused",
        "worker.ended",
    )
