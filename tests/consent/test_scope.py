"""A scope only ever gets smaller, and its words stay out of the ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.cli import choices
from avatar.consent import Use
from avatar.consent.roles import Role
from avatar.consent.scope import Salted, ScriptPolicy, covers_language
from avatar.consent.vocabulary import Channel, Purpose, Topic
from tests.consent.grants import scope

ASSETS = ("a" * 64, "b" * 64)
WIDE = scope(
    ASSETS,
    purposes=("education", "news"),
    channels=("app", "internal"),
    languages=("en",),
    companions=("p-00000000000000ad", "p-00000000000000b0"),
    script=ScriptPolicy(denied_topics=(Topic.GAMBLING,)),
)


def test_a_scope_is_within_itself():
    assert WIDE.within(WIDE)


@pytest.mark.parametrize(
    "change",
    [
        {"uses": ("publish",)},
        {"assets": ASSETS[:1]},
        {"purposes": ("news",)},
        {"channels": ("internal",)},
        {"languages": ("en-GB",)},
        {"territories": ("GB",)},
        {"companions": ()},
        {"max_outputs": 99},
        {"max_seconds": 1},
        {"script": ScriptPolicy(denied_topics=(Topic.GAMBLING, Topic.POLITICS))},
        {"script": ScriptPolicy(denied_topics=(Topic.GAMBLING,), reviewed=True)},
        {"script": ScriptPolicy(denied_topics=(Topic.GAMBLING,), scripts=("f" * 64,))},
    ],
)
def test_less_is_within_and_more_is_not(change):
    less = WIDE.model_copy(update=change)

    assert less.within(WIDE)
    assert not WIDE.within(less)


@pytest.mark.parametrize("field", ["project", "description"])
def test_another_project_is_not_less(field):
    assert not WIDE.model_copy(update={field: Salted.of("toys")}).within(WIDE)


@given(
    st.sets(st.sampled_from(list(Purpose)), min_size=1),
    st.sets(st.sampled_from(list(Purpose)), min_size=1),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_within_is_an_order(first, second, one, other):
    """Both ways only for equals: nobody can go back and forth and come out with more."""
    a, b = (
        scope(ASSETS, purposes=tuple(sorted(purposes)), max_outputs=number)
        for purposes, number in ((first, one), (second, other))
    )

    assert (a.within(b) and b.within(a)) == (a == b)


@given(st.text())
def test_salted_words_are_recognised_and_told_to_nobody(said):
    salted = Salted.of(said)

    assert salted.covers(said)
    assert not salted.covers(said + "x")
    assert Salted.of(said) != salted


def test_a_region_is_not_its_language():
    assert covers_language(("en",), "en-GB")
    assert not covers_language(("en-GB",), "en")
    assert not covers_language(("en",), "eng")


@pytest.mark.parametrize(
    ("spelled", "known"),
    [
        (choices.USES, Use),
        (choices.PURPOSES, Purpose),
        (choices.CHANNELS, Channel),
        (choices.TOPICS, Topic),
        (choices.ROLES, Role),
    ],
)
def test_the_options_of_the_command_line_are_the_words_of_the_record(spelled, known):
    assert spelled == tuple(known)
