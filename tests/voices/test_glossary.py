import pytest
from pydantic import ValidationError

from avatar.voices.text.glossary import Pronunciation, apply_glossary, check_glossary
from avatar.voices.text.normalization import normalize_text
from avatar.voices.text.ssml import parse_ssml

GLOSSARY = {"Siobhan": Pronunciation(ipa="ʃɪˈvɔːn"), "nginx": Pronunciation(say="engine ex")}


def test_only_lines_that_hold_a_word_change() -> None:
    line = "Nothing to see, Siobhanna."

    assert apply_glossary(line, GLOSSARY) == line


def test_words_are_said_as_the_glossary_says() -> None:
    line = parse_ssml(apply_glossary("Siobhan runs nginx, and nginx's logs.", GLOSSARY))

    assert line.written == ("Siobhan", "runs", "nginx,", "and", "nginx's", "logs.")
    assert line.said[2:] == ("engine ex,", "and", "engine ex's", "logs.")
    assert line.manners[0].phonemes == "ʃɪvˈɔn"


def test_what_the_script_says_itself_stands() -> None:
    line = "Run <sub alias='n g x'>nginx</sub> <emphasis>now</emphasis>."

    assert apply_glossary(line, GLOSSARY) == line


@pytest.mark.parametrize("entry", [{}, {"say": "a", "ipa": "b"}, {"ipa": "qqq"}, {"arpabet": "XX1"}, {"sounds": "a"}])
def test_an_entry_that_cannot_be_said_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Pronunciation.model_validate(entry)


@pytest.mark.parametrize("word", ["two words", "", "<b>", "a" * 61])
def test_a_glossary_lists_single_words(word: str) -> None:
    with pytest.raises(ValueError, match="write one word"):
        check_glossary({word: Pronunciation(say="a")})


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("£1.01 or $3m", "one pound and one penny or three million dollars"),
        ("the 1990s, 1905 and 2024", "the nineteen nineties, nineteen oh-five and twenty twenty-four"),
        ("the 21st; -5 °C", "the twenty-first; minus five degrees Celsius"),
        ("1,234 people, 3.5%", "one thousand, two hundred and thirty-four people, three point five percent"),
        ("on 2024-03-05 at 17:45", "on March fifth, twenty twenty-four at seventeen forty-five"),
        ("Dr. No vs. Prof. Oak", "Doctor No versus Professor Oak"),
        ("<phoneme ph='ʃɪˈvɔːn'>Siobhan</phoneme>, 2!", "shihvawn, two!"),
    ],
)
def test_figures_and_signs_become_words(written: str, said: str) -> None:
    assert normalize_text(parse_ssml(written)) == said
