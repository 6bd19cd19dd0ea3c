"""The statements: one file a language, each complete."""

import pytest

from avatar.capture.statement import languages, statement_template
from avatar.consent import Use
from avatar.errors import InputError

PASSCODE = ("amber", "river", "lantern")


@pytest.mark.parametrize("language", languages())
def test_every_language_can_say_every_use_and_draws_from_enough_words(language: str) -> None:
    said = statement_template(language)
    missing = sorted(set(Use) - set(said.uses))
    assert not missing, f"nobody can say {missing} in {language!r}: add the words to avatar/capture/uses.yaml"

    statement = said.statement("Northwind Films", tuple(Use), PASSCODE)

    assert all(said.uses[use] in statement for use in Use)
    assert all(word in statement for word in ("Northwind Films", *PASSCODE))
    assert len(set(said.words)) == len(said.words) >= 64


def test_uses_are_listed_as_people_list_them() -> None:
    said = statement_template("en-GB")

    assert "may clone my voice, within" in said.statement("A", (Use.CLONE_VOICE,), PASSCODE)
    assert "may animate my face, clone my voice and publish what is made, within" in said.statement(
        "A", (Use.PUBLISH, Use.CLONE_VOICE, Use.ANIMATE_FACE), PASSCODE
    )


def test_words_are_drawn_anew_each_time() -> None:
    said = statement_template("en")

    assert len({said.passcode() for _ in range(20)}) > 15
    assert all(len(set(said.passcode())) == 3 for _ in range(50))


def test_the_words_that_the_recogniser_must_tell_apart_are_single_lower_case_words() -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in statement_template("en").words)


def test_a_language_without_a_statement_is_named() -> None:
    with pytest.raises(InputError, match=r"'tlh'.*de, en, es, fr, ja") as caught:
        statement_template("tlh")

    assert caught.value.code == "capture.locale"
