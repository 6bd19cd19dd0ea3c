from collections.abc import Callable

import numpy as np
import pytest

from avatar.errors import InputError
from avatar.voices.base.base_tts import BaseTts, Utterance
from avatar.voices.signal.spectra import RATE, frame_levels
from avatar.voices.timings import SILENCE
from tests.voices.test_timings import check_laws

LINES = [
    "Popular people buy big paper boxes, but Bob prefers maps.",
    "Dr. Smith paid $9.99 at 7:30 pm, on the 3rd of March 2024, right?",
    "Oh?",
    "Wide — greater than before!",
    "“Zyxgorp,” she said; AT&T's co-op (or so).",
]


@pytest.mark.parametrize("line", LINES)
def test_phones_and_words_tile_the_sound(line: str, said: Callable[[str], Utterance]) -> None:
    utterance = said(line)

    check_laws(utterance.timings)
    assert utterance.timings.duration == pytest.approx(len(utterance.spectra.sound(0)) / RATE)
    assert [word.text for word in utterance.timings.words] == line.split()


@pytest.mark.parametrize("line", LINES)
def test_phonemes_are_loud_and_pauses_are_not(line: str, said: Callable[[str], Utterance]) -> None:
    utterance = said(line)
    loud = frame_levels(utterance.spectra.sound(0))
    middles = [(phone.symbol, int((phone.start + phone.end) / 2 * 80)) for phone in utterance.timings.phones]

    spoken = np.median([loud[frame] for symbol, frame in middles if symbol not in (SILENCE, "P", "T", "K")])
    assert all(loud[frame] < spoken - 20 for symbol, frame in middles if symbol == SILENCE)


def test_a_comma_pauses(said: Callable[[str], Utterance]) -> None:
    phones = said(LINES[0]).timings.phones

    assert [phone.symbol for phone in phones].count(SILENCE) >= 3


def test_the_same_words_are_the_same_sound(said: Callable[[str], Utterance], speaker: BaseTts) -> None:
    first, again = said(LINES[0]), speaker.say(LINES[0])

    assert np.array_equal(first.spectra.sound(3), again.spectra.sound(3))
    assert first.timings == again.timings


@pytest.mark.parametrize("pace", [0.6, 0.8, 0.93, 1.1, 1.25])
def test_a_pace_is_kept(pace: float, said: Callable[[str], Utterance], speaker: BaseTts) -> None:
    usual, paced = (speech_in(utterance) for utterance in (said(LINES[0]), speaker.say(LINES[0], pace)))

    assert usual / paced == pytest.approx(pace, rel=0.04)


def speech_in(utterance: Utterance) -> float:
    """The seconds of all phonemes."""
    return sum(phone.end - phone.start for phone in utterance.timings.phones if phone.symbol != SILENCE)


def test_a_very_long_line_is_said_in_pieces_with_every_word(speaker: BaseTts) -> None:
    line = "; ".join(["popular people buy big paper boxes, but Bob prefers maps"] * 9) + "."

    utterance = speaker.say(line)

    check_laws(utterance.timings)
    assert [word.text for word in utterance.timings.words] == line.split()
    assert all(word.end - word.start > 0.05 for word in utterance.timings.words)


def test_marks_alone_cannot_be_spoken(speaker: BaseTts) -> None:
    with pytest.raises(InputError) as refusal:
        speaker.say("— …")

    assert refusal.value.code == "line.not-speakable"
