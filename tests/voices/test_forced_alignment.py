from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.voices.alignment.ctc import align_ctc, viterbi_path
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.base.base_tts import Utterance
from avatar.voices.timings import SILENCE
from tests.voices.models import tiny_letters
from tests.voices.test_timings import check_laws

LINE = "Popular people buy big paper boxes, but Bob prefers maps."


def test_alignment_finds_the_phonemes_where_the_base_voice_says_they_are(said: Callable[[str], Utterance]) -> None:
    utterance = said(LINE)

    found = align_phonemes(utterance.spectra.sound(0), 24_000, LINE)

    check_laws(found)
    ours, theirs = (
        [phone for phone in timings.phones if phone.symbol != SILENCE] for timings in (utterance.timings, found)
    )
    assert [phone.symbol for phone in ours] == [phone.symbol for phone in theirs]
    starts = [one.start - other.start for one, other in zip(ours, theirs, strict=True)]
    assert np.abs(starts).mean() < 0.025
    assert abs(np.median(starts)) < 0.015


def test_alignment_finds_the_words_of_a_person(ben: tuple[NDArray[np.float32], str]) -> None:
    sound, text = ben

    found = align_phonemes(sound, 24_000, text)

    check_laws(found)
    assert [word.text for word in found.words] == text.split()
    assert found == align_phonemes(sound, 24_000, text)


def test_words_that_do_not_fit_are_not_aligned() -> None:
    with pytest.raises(EngineError) as refusal:
        align_phonemes(np.zeros(2_400, np.float32), 24_000, "far too many words for a tenth of a second")

    assert refusal.value.code == "voice.not-aligned"


def test_the_best_path_reads_each_letter_where_it_is_likeliest() -> None:
    scores = np.log(np.array([[8, 1, 1], [1, 8, 1], [8, 1, 1], [1, 8, 1], [1, 1, 8]], np.float32) / 10)

    assert viterbi_path(scores, [1, 1, 2], blank=0) == [1, 3, 4]


def test_equal_letters_need_a_blank_between_them() -> None:
    scores = np.log(np.full((2, 3), 1 / 3, np.float32))

    assert viterbi_path(scores, [1, 1], blank=0) is None
    assert viterbi_path(scores, [1, 2], blank=0) == [0, 1]
    assert viterbi_path(scores, [], blank=0) is None


@pytest.mark.slow
def test_a_letter_model_from_a_folder_aligns_words_in_order(tmp_path: Path) -> None:
    folder = tiny_letters(tmp_path / "letters")
    noise = np.random.default_rng(0).standard_normal(72_000).astype(np.float32) / 10

    found = align_ctc(noise, 24_000, "Hello there — it's 12!", folder)

    check_laws(found)
    assert [word.text for word in found.words] == ["Hello", "there", "—", "it's", "12!"]
    assert found == align_ctc(noise, 24_000, "Hello there — it's 12!", folder)
