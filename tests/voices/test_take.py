import numpy as np
import pytest

from avatar.voices.judging.scores import AcceptanceCriteria, Scores, find_faults
from avatar.voices.judging.speaker_embedding import SpeakerEmbedding
from avatar.voices.judging.take import Take, find_defect
from avatar.voices.timings import Phone, Timings, build_timings

TONE = (0.3 * np.sin(np.arange(24_000) / 9)).astype(np.float32)
STANDARD = AcceptanceCriteria(SpeakerEmbedding(np.eye(2, 256, dtype=np.float32)), (0.7, 0.6))
GOOD = Scores(
    attempt=1,
    words=12,
    wrong=0.0,
    extra=0,
    likeness=(0.8, 0.75),
    stranger=(0.6, 0.5),
    quality=4.0,
    loudness=-23.0,
    clipped=0.0,
    lead=0.0,
    trail=0.0,
    pause=0.4,
    pace=0.09,
    speech=3.0,
)


def saying(phonemes: int, *, start: float = 0.0, end: float = 1.0, duration: float = 1.0) -> Timings:
    each = (end - start) / max(phonemes, 1)
    spans = [Phone(symbol="AA", start=start + i * each, end=start + (i + 1) * each) for i in range(phonemes)]
    return build_timings(duration, spans, [])


def codes(**changed: object) -> list[str]:
    return [fault.code for fault in find_faults(GOOD.model_copy(update=changed), STANDARD)]


def test_a_good_take_has_no_fault() -> None:
    assert codes() == []
    assert find_defect(Take(TONE, 24_000, saying(10))) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"wrong": 0.2}, "take.words"),
        ({"extra": 2}, "take.leak"),
        ({"likeness": (0.8, 0.55)}, "take.likeness"),
        ({"stranger": (0.8, 0.8)}, "take.stranger"),
        ({"quality": 1.9}, "take.quality"),
        ({"loudness": -30.0}, "take.loudness"),
        ({"clipped": 0.01}, "take.clipped"),
        ({"lead": 0.3}, "take.leads"),
        ({"trail": 0.3}, "take.trails"),
        ({"pause": 3.0}, "take.silence"),
        ({"pace": 0.01}, "take.pace"),
        ({"pace": 1.0}, "take.pace"),
    ],
)
def test_each_fault_has_its_code(changed: dict[str, object], code: str) -> None:
    assert codes(**changed) == [code]


def test_one_misheard_word_of_a_sentence_is_not_held_against_it() -> None:
    assert codes(words=6, wrong=round(1 / 6, 4)) == []
    assert codes(words=6, wrong=round(2 / 6, 4)) == ["take.words"]
    assert codes(words=2, wrong=0.5) == ["take.words"]


def test_a_short_take_need_not_be_as_alike() -> None:
    assert codes(likeness=(0.65, 0.55), speech=1.0) == []
    assert codes(likeness=(0.65, 0.55), speech=3.0) == ["take.likeness"]


@pytest.mark.parametrize(
    ("sound", "timings", "code"),
    [
        (TONE[:0], saying(10), "take.empty"),
        (TONE * np.float32(np.nan), saying(10), "take.not-sound"),
        (TONE / 1000, saying(10), "take.silent"),
        (TONE, saying(0), "take.empty"),
    ],
    ids=["empty", "not-a-number", "silent", "no-phonemes"],
)
def test_a_take_without_anything_to_judge_is_broken(sound: np.ndarray, timings: Timings, code: str) -> None:
    fault = find_defect(Take(sound, 24_000, timings))

    assert fault is not None
    assert fault.code == code


def test_sound_around_the_words_is_measured() -> None:
    around = Take(TONE, 24_000, saying(5, start=0.4, end=0.7))
    silent = np.where((np.arange(24_000) > 9_600) & (np.arange(24_000) < 16_800), TONE, 0).astype(np.float32)

    assert around.outside() == pytest.approx((0.32, 0.22), abs=0.011)
    assert Take(silent, 24_000, around.timings).outside() == (0, 0)


def test_a_pause_is_the_longest_silence_inside() -> None:
    phones = [Phone(symbol="AA", start=0.2, end=0.4), Phone(symbol="B", start=0.7, end=0.8)]

    assert Take(TONE, 24_000, build_timings(2.0, phones, [])).pause == pytest.approx(0.3)
