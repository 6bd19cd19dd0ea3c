"""The take gate as ``benchmarks.voices`` asks it, with fewer takes: good ones pass, spoilt ones are refused."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from avatar.artifacts.artifact import VoiceModel
from avatar.errors import InputError
from avatar.people import samples
from avatar.stages.registry import EngineSpec, build
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.studio.voice_guard import embed_voice
from avatar.testing.world import World
from avatar.voices.judging.scores import Scores
from benchmarks.lines import LINES
from benchmarks.takes import verdicts
from tests.voices.conftest import PERFORMERS

NAMES = ("ava", "mia")
GOOD = LINES[:3] + LINES[15:18] + LINES[42:43]  # very short ones, figures, a mark

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A context in which both performers are enrolled, and guard their voices."""
    engines = {name: partial(lambda name: type(build(EngineSpec(name))), name) for name in ("ridge", "adapted")}
    world = World(tmp_path_factory.mktemp("context"), engines=engines, listen=embed_voice)
    for name in NAMES:
        statement = PERFORMERS / f"{name}_statement"
        sample = partial(samples.check_voice, statement.with_suffix(".flac"), statement.with_suffix(".txt"))
        world.agree(world.people.enroll(name, "synthetic", [sample]))
    return world


@pytest.fixture(scope="module")
def models(world: World) -> dict[str, VoiceModel]:
    everyone = {name: world.likeness(world.people.find(name)).voice for name in NAMES}
    return {name: world.perform(LearnVoice(sample), EngineSpec("ridge")) for name, sample in everyone.items() if sample}


@pytest.mark.parametrize("name", NAMES)
def test_good_takes_pass_among_others_who_guard_their_voices(
    name: str, world: World, models: dict[str, VoiceModel], tmp_path: Path
) -> None:
    takes = [world.perform(CloneVoice(models[name], line), EngineSpec("adapted")) for line in GOOD]

    files = [world.store.fetch(take, "scores.json", tmp_path / take.digest) for take in takes]
    scores = [Scores.model_validate_json(file.read_bytes()) for file in files]
    assert sum(each.attempt for each in scores) <= len(GOOD) + 2


def test_spoilt_takes_are_refused_for_what_is_wrong_with_them(
    world: World, models: dict[str, VoiceModel], tmp_path: Path
) -> None:
    files = {name: world.store.fetch(model, "voice.npz", tmp_path / name) for name, model in models.items()}
    samples = {name: PERFORMERS / f"{name}_statement.flac" for name in NAMES}

    found = verdicts(files, samples, LINES, count=2)

    # Unlike the person, or more like somebody else: which is said first is a matter of degree.
    assert set(found["somebody else's take"]) <= {"take.likeness", "take.stranger"}
    assert set(found["babble"]) == {"take.words"}
    assert set(found["clipped"]) == {"take.clipped"}
    assert set(found["a leaked prompt"]) <= {"take.leak", "take.leads", "take.words"}


def test_somebody_elses_voice_is_not_enrolled_under_another_name(world: World) -> None:
    held_out = Path(__file__).parents[1] / "data" / "voices" / "ava_says.flac"
    with pytest.raises(InputError) as refusal:
        world.people.enroll("newcomer", "self", [partial(samples.check_voice, held_out, None)])

    assert refusal.value.code == "voice.someone-else"
