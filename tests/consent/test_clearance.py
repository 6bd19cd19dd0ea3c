"""A clearance cannot be made, copied, kept or turned into another."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from avatar.consent import Cleared
from avatar.consent._clearance import _Seal
from avatar.consent.claims import Position
from avatar.stages.voice import LearnVoice

HERE = Position("test", 0, "")


@pytest.fixture
def job(world):
    ada = world.enroll("ada")
    world.agree(ada)
    return world.clear(LearnVoice(world.likeness(ada).voice))


@pytest.mark.parametrize("seal", [None, object(), _Seal(), "seal"])
def test_only_the_gate_makes_one(job, seal):
    with pytest.raises(TypeError, match="only the consent gate"):
        Cleared(job.request, (), HERE, seal)


def test_it_cannot_be_made_without_a_seal(job):
    with pytest.raises(TypeError):
        Cleared(job.request, (), HERE)


@pytest.mark.parametrize(
    "attempt",
    [
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        *(
            lambda job, protocol=protocol: pickle.dumps(job, protocol)
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_it_cannot_be_copied_or_stored(job, attempt):
    with pytest.raises(TypeError, match="clear the request again"):
        attempt(job)


def test_its_request_cannot_be_replaced(job):
    with pytest.raises(ValueError, match="seal"):
        replace(job, request="something else")
    with pytest.raises(FrozenInstanceError):
        job.request = "something else"


def test_the_seal_is_not_kept_in_it(job):
    assert not hasattr(job, "seal")
    assert not hasattr(job, "__dict__")
