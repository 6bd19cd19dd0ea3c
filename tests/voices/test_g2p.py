import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.voices.text.g2p import parse_phonemes, phonemise
from tests.examples import examples


def symbols(text: str) -> str:
    return " ".join(phoneme.symbol for word in phonemise(text).spoken for phoneme in word.phonemes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bridge", "B R IH JH"),
        ("water", "W AO T ER"),
        ("around", "AH R AW N D"),
        ("12", "T W EH L V"),
        ("$9.99", "N AY N D AA L ER Z AE N D N AY N D IY N AY N S EH N T S"),
        ("7:30 pm", "S EH V AH N TH ER T IY P IY EH M"),
        ("Dr. Smith", "D AA K T ER S M IH TH"),
    ],
)
def test_words_figures_and_abbreviations_become_phonemes(text: str, expected: str) -> None:
    assert symbols(text) == expected


def test_a_long_vowel_keeps_its_length_mark() -> None:
    assert [(each.symbol, each.first, each.last) for each in parse_phonemes("sˈiː")] == [("S", 0, 1), ("IY", 1, 4)]


def test_a_figure_of_two_words_is_linked_to_its_three_spoken_ones() -> None:
    reading = phonemise("at 7:30 pm today")

    assert [[reading.written[index] for index in written] for written, _ in reading.links] == [
        ["at"],
        ["7:30", "pm"],
        ["today"],
    ]


@settings(max_examples=examples(40))
@given(st.text(st.sampled_from("abcdeinorst 0123456789.,:;!?'-$%&—…()\"éñ☃"), max_size=60))
def test_links_cover_every_word_once_and_in_order(text: str) -> None:
    reading = phonemise(text)

    assert [index for written, _ in reading.links for index in written] == list(range(len(reading.written)))
    assert [index for _, spoken in reading.links for index in spoken] == list(range(len(reading.spoken)))
