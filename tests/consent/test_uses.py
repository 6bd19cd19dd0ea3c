"""Every use has its sentences, in one place: a new one fails here, with what to add."""

import pytest

from avatar.canonical import digest_of
from avatar.cli import choices
from avatar.consent.uses import Use, _require_texts

# What people signed: the notice of a use never changes; another sentence is another NOTICE_VERSION.
NOTICES = "18b457ba1ade5e98a9dd2c380beacfc9fe86dc44adc0ca41799ffd56150bef54"
SHIPPED = ("clone-voice", "animate-face", "swap-face", "refine-lips", "publish", "train", "guard-voice")


@pytest.mark.parametrize("use", Use)
def test_a_use_is_told_in_sentences(use):
    text = use.text

    assert text.notice[0].islower(), "the notice completes 'asks for my agreement to: '"
    assert not text.notice.endswith(".")
    assert text.label[0].isupper()
    assert text.meaning.endswith(".")
    assert Use(str(use)) is use


def test_a_use_without_its_sentences_cannot_be_defined():
    texts = {use: use.text for use in Use if use is not Use.TRAIN}

    with pytest.raises(TypeError, match=r"the use train has no sentences: add a UseText for Use\.TRAIN to avatar"):
        _require_texts(texts)


@pytest.mark.parametrize("use", Use)
def test_a_use_can_be_named_on_the_command_line(use):
    assert use in choices.USES, f"--use {use} does not exist: add {use.value!r} to USES in avatar/cli/choices.py"


def test_the_notices_that_people_signed_are_what_they_were():
    assert digest_of({use: Use(use).text.notice for use in SHIPPED}) == NOTICES
