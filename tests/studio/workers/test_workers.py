"""Workers: what a studio in another process makes, refuses and leaves behind."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from avatar.errors import AvatarError, ConsentError, EngineError, HaltedError, WorkerError
from avatar.stages.registry import EngineSpec
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.studio import ProgressEvent
from avatar.studio.workers.channel import StudioFactory
from avatar.studio.workers.pool import Workers
from avatar.studio.workers.zygote import Zygote
from avatar.testing.world import TOY_BRIEF
from tests.consent.reading import facts
from tests.studio.workers.worker_fixture import opened, world_in

pytestmark = pytest.mark.slow  # each starts processes that import what real workers need

EAR, BEEP, ENDLESS, KILLED, SURPRISED = map(EngineSpec, ("ear", "beep", "endless", "killed", "surprised"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = world_in(tmp_path_factory.mktemp("context"))
    world.agree(world.enroll("ada"))
    return world


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def workers(world, told):
    with Workers(StudioFactory.of(opened, folder=str(world.folder)), told.append) as workers:
        yield workers


@pytest.fixture
def voice(world):
    return world.perform(LearnVoice(world.likeness(world.people.find("ada")).voice), EAR)


def test_a_worker_makes_what_the_studio_here_would(world, workers, voice, tmp_path):
    elsewhere = world_in(tmp_path)
    elsewhere.agree(elsewhere.enroll("ada"))

    made = workers.perform(CloneVoice(voice, "hello there"), BEEP, TOY_BRIEF)

    model = elsewhere.perform(LearnVoice(elsewhere.likeness(elsewhere.people.find("ada")).voice), EAR)
    assert made == elsewhere.perform(CloneVoice(model, "hello there"), BEEP)
    assert world.studio.remembered(CloneVoice(voice, "hello there"), BEEP, TOY_BRIEF) == made


def test_what_workers_do_is_told_here(workers, told, voice):
    made = workers.perform(CloneVoice(voice, "say it here"), BEEP, TOY_BRIEF)

    mine = [moment for moment in told if moment.request == CloneVoice(voice, "say it here")]
    assert [moment.what for moment in mine] == ["running", "kept"]
    assert mine[-1].made == made


def test_several_workers_make_several_things_at_a_time(world, workers, voice):
    lines = [f"number {each}" for each in range(8)]

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda line: workers.perform(CloneVoice(voice, line), BEEP, TOY_BRIEF), lines))

    assert [world.store.manifest(each.digest).work.fields["line"] for each in made] == lines


def test_a_refusal_comes_back_with_its_code_is_recorded_once_and_the_next_one_works(world, workers, voice):
    before = facts(world.objects).count("refused")

    with pytest.raises(AvatarError, match="no engine 'beeep'; did you mean 'beep'") as refusal:
        workers.perform(CloneVoice(voice, "hello"), EngineSpec("beeep"), TOY_BRIEF)

    assert refusal.value.code == "engine.unknown"
    assert facts(world.objects).count("refused") == before + 1
    assert workers.perform(CloneVoice(voice, "hello"), BEEP, TOY_BRIEF)


def test_a_failure_that_nobody_foresaw_is_the_engines(workers, voice):
    with pytest.raises(EngineError, match="engine Surprised failed: nobody foresaw this"):
        workers.perform(CloneVoice(voice, "hello"), SURPRISED, TOY_BRIEF)


def test_of_a_worker_that_is_killed_nothing_is_left_but_a_clear_error(world, workers, voice):
    before = facts(world.objects).count("performed")

    with pytest.raises(WorkerError, match="killed, or out of memory") as lost:
        workers.perform(CloneVoice(voice, "hello"), KILLED, TOY_BRIEF)

    assert lost.value.code == "worker.ended"
    assert facts(world.objects).count("performed") == before
    assert world.studio.remembered(CloneVoice(voice, "hello"), KILLED, TOY_BRIEF) is None
    assert workers.perform(CloneVoice(voice, "and on"), BEEP, TOY_BRIEF)


def test_a_withdrawal_ends_what_a_worker_does_within_two_seconds(world, workers, voice, told):
    bob = world.enroll("bob")
    world.agree(bob)
    his = world.perform(LearnVoice(world.likeness(bob).voice), EAR)
    with ThreadPoolExecutor(1) as pool:
        speaking = pool.submit(workers.perform, CloneVoice(his, "for ever"), ENDLESS, TOY_BRIEF)
        _wait_for(told, CloneVoice(his, "for ever"))
        world.people.withdraw(bob)
        withdrawn = time.monotonic()

        with pytest.raises(ConsentError) as refusal:
            speaking.result(10)

    assert time.monotonic() - withdrawn < 2
    assert refusal.value.code == "consent.withdrawn"


def test_whoever_leaves_leaves_nobody_working(world, voice):
    told, failure = [], []
    with Workers(StudioFactory.of(opened, folder=str(world.folder)), told.append) as workers:

        def speak():
            try:
                workers.perform(CloneVoice(voice, "for ever"), ENDLESS, TOY_BRIEF)
            except AvatarError as error:
                failure.append(error.code)

        thread = threading.Thread(target=speak)
        thread.start()
        _wait_for(told, CloneVoice(voice, "for ever"))
        process = workers._template.process
        leaving = time.monotonic()

    assert time.monotonic() - leaving < 2
    thread.join(2)
    assert failure == ["work.halted"]
    assert process.returncode == 0
    with pytest.raises(HaltedError):
        workers.perform(CloneVoice(voice, "more"), BEEP, TOY_BRIEF)


def test_work_that_is_expected_finds_everything_imported(world, voice):
    opening = StudioFactory.of(opened, folder=str(world.folder))
    with Zygote() as template, Workers(opening, lambda _moment: None, template) as workers:
        made = workers.perform(CloneVoice(voice, "as foreseen"), BEEP, TOY_BRIEF)

        assert workers._template is template
    assert template.process.returncode == 0
    assert made == world.perform(CloneVoice(voice, "as foreseen"), BEEP)


def test_work_that_was_expected_and_never_came_holds_nobody_up(world):
    opening = StudioFactory.of(opened, folder=str(world.folder))
    with Zygote() as template, Workers(opening, lambda _moment: None, template):
        leaving = time.monotonic()

    assert time.monotonic() - leaving < 1  # importing takes longer
    assert template.process.returncode is not None


def test_a_template_that_has_died_is_told_as_a_worker_that_ended(world, voice):
    opening = StudioFactory.of(opened, folder=str(world.folder))
    with Zygote() as template, Workers(opening, lambda _moment: None, template) as workers:
        template.process.kill()
        template.process.wait()

        with pytest.raises(WorkerError) as refusal:
            workers.perform(CloneVoice(voice, "by nobody"), BEEP, TOY_BRIEF)
    assert refusal.value.code == "worker.ended"


def test_when_the_production_is_killed_its_workers_end_at_once(world):
    fixture = "from pathlib import Path; from tests.studio.workers.worker_fixture import *"
    speak = f"{fixture}; speak_for_ever(Path({str(world.folder)!r}))"
    command = [sys.executable, "-c", speak]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as production:
        everyone = [int(each) for each in production.stdout.readline().split()]
        production.kill()

    assert len(everyone) == 3  # itself, the template, a worker
    end = time.monotonic() + 2
    while any(map(_lives, everyone)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(_lives, everyone))


def _lives(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def _wait_for(told: list[ProgressEvent], request: object) -> None:
    end = time.monotonic() + 60
    while not any(moment.request == request and moment.done for moment in told):
        assert time.monotonic() < end
        time.sleep(0.01)
