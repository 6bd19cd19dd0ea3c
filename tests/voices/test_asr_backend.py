"""Other languages: a Whisper of one's own hears the words, a letter model times them."""

from pathlib import Path

import numpy as np
import pytest

from avatar.errors import InputError, WeightsError
from avatar.models.pinned import digest_of_folder
from avatar.models.reference import ModelRef
from avatar.voices.alignment.ctc import align_ctc
from avatar.voices.recognition.asr_backend import AsrBackend, asr_backend_for
from avatar.voices.recognition.word_match import match_words
from avatar.voices.text.graphemes import read_graphemes, split_words
from avatar.voices.timings import SILENCE
from tests.voices.models import tiny_letters
from tests.voices.test_timings import check_laws
from tests.voices.whisper_model import tiny_whisper

NOISE = (0.1 * np.random.default_rng(0).standard_normal(24_000 * 3)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper(tmp_path_factory.mktemp("weights") / "whisper")


@pytest.fixture
def brought(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The digest of the Whisper in the weights folder."""
    monkeypatch.setenv("AVATAR_WEIGHTS", str(folder.parent))
    return digest_of_folder(folder)


@pytest.mark.slow
def test_a_whisper_of_ones_own_hears_each_of_its_languages_the_same_way_every_time(brought: str) -> None:
    german = asr_backend_for("de", ModelRef("whisper", brought))

    heard = german.words(NOISE, 24_000)

    assert heard
    assert heard == german.words(NOISE, 24_000)
    assert asr_backend_for("en", ModelRef("whisper", brought)).words(NOISE, 24_000)


@pytest.mark.slow
def test_what_a_whisper_hears_is_cut_where_no_one_speaks_as_fast(brought: str) -> None:
    half_a_second = asr_backend_for("de", ModelRef("whisper", brought)).words(NOISE[:12_000], 24_000)

    assert len(half_a_second) < len(asr_backend_for("de", ModelRef("whisper", brought)).words(NOISE, 24_000))


@pytest.mark.slow
def test_a_language_that_a_whisper_lacks_is_refused_with_those_it_has(brought: str) -> None:
    with pytest.raises(InputError, match="it hears de, en") as refusal:
        asr_backend_for("fr", ModelRef("whisper", brought)).words(NOISE, 24_000)

    assert refusal.value.code == "recogniser.language"


@pytest.mark.slow
def test_a_whisper_that_is_not_pinned_or_was_altered_is_refused(brought: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as unpinned:
        asr_backend_for("de", ModelRef("whisper"))
    with pytest.raises(WeightsError) as altered:
        asr_backend_for("de", ModelRef("whisper", "0" * 64))

    assert unpinned.value.code == "weights.not-pinned"
    assert brought in str(unpinned.value)
    assert altered.value.code == "weights.altered"


def test_without_a_whisper_only_english_is_heard() -> None:
    assert asr_backend_for("en", None) == AsrBackend()
    with pytest.raises(InputError, match=r"recogniser: \{path: ") as refusal:
        asr_backend_for("de", None)
    assert refusal.value.code == "recogniser.missing"


def test_words_of_other_languages_are_compared_by_their_letters() -> None:
    assert match_words("Größe und Straße, früh!", "größe und STRASSE früh", "de").rate() == 0
    assert match_words("früh am Morgen", "spät am Morgen", "de").wrong == {0}
    assert split_words("L'été, déjà…") == ["l", "été", "déjà"]


@pytest.mark.slow
def test_a_line_of_another_language_is_timed_by_its_letters(tmp_path: Path) -> None:
    letters = tiny_letters(tmp_path / "letters")

    found = align_ctc(NOISE, 24_000, "Früh am Morgen, ganz leise.", letters, "de")

    check_laws(found)
    assert [word.text for word in found.words] == ["Früh", "am", "Morgen,", "ganz", "leise."]
    assert {"F", "R", "UW", "M"} <= {phone.symbol for phone in found.phones}
    assert any(phone.symbol == SILENCE for phone in found.phones) or found.phones[0].start == 0


def test_an_unknown_alphabet_still_moves_the_mouth() -> None:
    reading = read_graphemes("Доброе <sub alias='утро всем'>утро</sub>")

    assert [word.text for word in reading.spoken] == ["Доброе", "утро", "всем"]
    assert reading.written == ("Доброе", "утро")
    assert all(word.phonemes for word in reading.spoken)
