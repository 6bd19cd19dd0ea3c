"""The take gate on real takes, real judges and real faults."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.models.weights import locate
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.base.base_tts import BaseTts
from avatar.voices.judging.scores import AcceptanceCriteria
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders
from avatar.voices.judging.take import Take
from avatar.voices.judging.take_gate import FinishedTake, TakeGate
from tests.voices.conftest import HELD_OUT, PERFORMERS

LINE = "She measured the width of the bridge twice before writing the number down."
RATE = 24_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recorded() -> Take:
    """Ben himself, saying the line."""
    sound, _ = soundfile.read(HELD_OUT / "ben_heldout.flac", dtype="float32")
    whole = align_phonemes(sound, RATE, (HELD_OUT / "ben_heldout.txt").read_text())
    start = next(word.start for word in whole.words if word.text == "She")
    own = sound[round((start - 0.2) * RATE) :]
    return Take(own, RATE, align_phonemes(own, RATE, LINE))


@pytest.fixture(scope="module")
def hold(speaker: BaseTts, ben: tuple[NDArray[np.float32], str]) -> Callable[..., FinishedTake]:
    encoders = open_speaker_encoders(locate(GE2E), locate(DVECTOR))
    audition = TakeGate.of(LINE, AcceptanceCriteria.usual(encoders.print_of(ben[0], RATE)), speaker, locate)
    return lambda *takes: audition.best([lambda take=take: take for take in takes], seed=1)


def code_of(hold: Callable[..., FinishedTake], *takes: Take) -> str:
    with pytest.raises(EngineError) as refusal:
        hold(*takes)
    return refusal.value.code


def test_the_person_passes_and_the_scores_say_why(hold: Callable[..., FinishedTake], recorded: Take) -> None:
    spoken = hold(recorded)

    assert spoken.scores.wrong == 0
    assert min(spoken.scores.likeness) > 0.8
    assert sum(spoken.scores.likeness) > sum(spoken.scores.stranger) + 0.3
    assert spoken.scores.quality > 3.5
    assert spoken.scores.loudness == pytest.approx(-23, abs=1)


def test_somebody_else_is_refused(hold: Callable[..., FinishedTake], speaker: BaseTts) -> None:
    base = speaker.say(LINE)

    assert code_of(hold, Take(base.spectra.sound(1), RATE, base.timings)) == "take.likeness"


@pytest.mark.parametrize("performer", ["ava", "mia"])
def test_another_persons_sample_is_refused(hold: Callable[..., FinishedTake], recorded: Take, performer: str) -> None:
    other, _ = soundfile.read(Path(PERFORMERS) / f"{performer}_statement.flac", dtype="float32")

    assert code_of(hold, replace(recorded, sound=other[: len(recorded.sound)])) in ("take.words", "take.leak")


def test_babble_is_refused(hold: Callable[..., FinishedTake], recorded: Take) -> None:
    pieces = np.array_split(recorded.sound, 40)
    babble = np.concatenate([pieces[place] for place in np.random.default_rng(0).permutation(40)])

    assert code_of(hold, replace(recorded, sound=babble)) in ("take.words", "take.leak")


def test_a_clipped_take_is_refused(hold: Callable[..., FinishedTake], recorded: Take) -> None:
    peak = np.abs(recorded.sound).max()
    clipped = np.clip(recorded.sound, -0.2 * peak, 0.2 * peak)

    assert code_of(hold, replace(recorded, sound=clipped)) == "take.clipped"


def test_a_leaked_prompt_is_refused(
    hold: Callable[..., FinishedTake], recorded: Take, ben: tuple[NDArray[np.float32], str]
) -> None:
    leaked = np.concatenate([ben[0][round(0.6 * RATE) : round(2.2 * RATE)], recorded.sound])

    assert code_of(hold, Take(leaked, RATE, align_phonemes(leaked, RATE, LINE))) in (
        "take.leak",
        "take.leads",
        "take.words",
    )


def test_noise_is_refused(hold: Callable[..., FinishedTake], recorded: Take) -> None:
    noise = np.random.default_rng(0).standard_normal(len(recorded.sound)).astype(np.float32) / 10

    assert code_of(hold, replace(recorded, sound=noise)) == "take.words"


@pytest.fixture(scope="module")
def rough(recorded: Take) -> Take:
    """The same, hoarse: it is understood, and not liked."""
    return hoarse(recorded, 0.13)


@pytest.fixture(scope="module")
def rougher(recorded: Take) -> Take:
    return hoarse(recorded, 0.18)


def hoarse(take: Take, by: float) -> Take:
    noise = np.random.default_rng(0).standard_normal(len(take.sound)).astype(np.float32)
    return replace(take, sound=take.sound * (1 + by * noise))


def test_a_smoother_take_than_a_rough_one_is_used(
    hold: Callable[..., FinishedTake], rough: Take, recorded: Take
) -> None:
    assert hold(rough).scores.quality < 3
    assert hold(rough, recorded).scores.attempt == 2


def test_a_rough_take_is_used_where_the_next_one_is_no_better(
    hold: Callable[..., FinishedTake], rough: Take, rougher: Take
) -> None:
    silent = replace(rough, sound=np.zeros_like(rough.sound))

    assert hold(rough, rougher).scores.attempt == 1
    assert hold(rough, silent).scores.attempt == 1


def test_one_take_at_most_is_heard_after_a_good_one(
    hold: Callable[..., FinishedTake], rough: Take, rougher: Take, recorded: Take
) -> None:
    assert hold(rough, rougher, recorded).scores.attempt == 1


def test_a_good_take_after_a_bad_one_is_used(hold: Callable[..., FinishedTake], recorded: Take) -> None:
    silent = replace(recorded, sound=np.zeros_like(recorded.sound))

    assert hold(silent, recorded).scores.attempt == 2
