"""A clearance cannot be made, copied, kept or turned into another."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from avatar.consent import Cleared
from avatar.consent._clearance import _Seal
from avatar.consent.claims import LedgerPosition
from avatar.stages.voice import LearnVoice

HERE = LedgerPosition("test", 0, "")


@pytest.fixture
def cleared(world):
    ada = world.enroll("ada")
    world.agree(ada)
    return world.clear(LearnVoice(world.likeness(ada).voice))


@pytest.mark.parametrize("seal", [None, object(), _Seal(), "seal"])
def test_only_the_gate_makes_one(cleared, seal):
    with pytest.raises(TypeError, match="only the consent gate"):
        Cleared(cleared.request, (), HERE, seal)


def test_it_cannot_be_made_without_a_seal(cleared):
    with pytest.raises(TypeError):
        Cleared(cleared.request, (), HERE)


@pytest.mark.parametrize(
    "attempt",
    [
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        *(
            lambda cleared, protocol=protocol: pickle.dumps(cleared, protocol)
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_it_cannot_be_copied_or_stored(cleared, attempt):
    with pytest.raises(TypeError, match="clear the request again"):
        attempt(cleared)


def test_its_request_cannot_be_replaced(cleared):
    with pytest.raises(ValueError, match="seal"):
        replace(cleared, request="something else")
    with pytest.raises(FrozenInstanceError):
        cleared.request = "something else"


def test_the_seal_is_not_kept_in_it(cleared):
    assert not hasattr(cleared, "seal")
    assert not hasattr(cleared, "__dict__")
