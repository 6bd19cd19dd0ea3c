"""A: consent that was given, and is stretched: to another time, another sample, another organisation."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from avatar.consent import Use
from avatar.consent.keys import new_key
from avatar.stages.voice import LearnVoice
from tests.redteam.cases import attack


def learn(scene) -> None:
    scene.refused(LearnVoice(scene.world.likeness(scene.victim).voice), "ear")


@attack("consent is used after its end", by="period", code="consent.expired")
def test_after_its_end(scene):
    scene.world.agree(scene.victim, days=1)
    scene.model(scene.victim)
    scene.world.wait(days=2)

    learn(scene)


@attack("consent is used before its beginning", by="period", code="consent.not-yet")
def test_before_its_beginning(scene):
    scene.world.agree(scene.victim, days=2, start=scene.world.now + timedelta(days=1))

    learn(scene)


@attack("consent to one use is taken for consent to another", by="asked before recalling", code="consent.not-granted")
def test_another_use(scene):
    scene.world.agree(scene.victim, Use.PUBLISH, Use.ANIMATE_FACE)

    learn(scene)


@attack(
    "a sample is brought after the grant and used under it", by="sample by sample", code="consent.asset-not-covered"
)
def test_a_sample_that_came_later(scene, tmp_path):
    from avatar.artifacts.artifact import VoiceSample
    from avatar.people.samples import CheckedSample

    scene.world.agree(scene.victim)

    def another(room):
        parts = {part: room / part for part in VoiceSample.parts}
        for path in parts.values():
            path.write_bytes(b"a recording from another day")
        return CheckedSample(VoiceSample, parts)

    scene.world.people.enroll("victim", "synthetic", [another])

    learn(scene)


@attack("a withdrawn grant is handed in once more", by="once recorded", code="consent.replayed")
def test_a_replayed_grant(scene):
    given = scene.world.agree(scene.victim, days=1)
    scene.world.people.withdraw(scene.victim)

    with scene.attacked():
        scene.world.people.record(given)


@attack("a signed grant is handed in with a later end", by="signature at the door", code="consent.bad-signature")
def test_a_longer_grant(scene):
    given = scene.world.agree(scene.victim, days=1)

    with scene.attacked():
        scene.world.people.record(given.model_copy(update={"not_after": given.not_after + timedelta(days=30)}))


@attack("a grant to another organisation is handed in here", by="other grantee", code="consent.other-grantee")
def test_a_grant_to_somebody_else(scene):
    other = replace(scene.world.people, organisation="another studio")
    given = other.agree(scene.accomplice, scene.world.terms())

    with scene.attacked():
        scene.world.people.record(given)


@attack("a grant is handed in that is over already", by="period", code="consent.expired")
def test_a_grant_that_is_over(scene):
    with scene.attacked():
        scene.world.agree(scene.victim, days=1, start=scene.world.now - timedelta(days=2))


@attack("someone who never enrolled agrees", by="known people", code="consent.unknown-person")
def test_a_grant_of_a_stranger(scene):
    given = scene.world.agree(scene.accomplice, days=1)
    stranger = given.model_copy(update={"person": "p-ffffffffffffffff"})
    signed = stranger.model_copy(update={"signature": new_key().sign(stranger.signed_bytes)})

    with scene.attacked():
        scene.world.people.record(signed)


@attack("a grant says 'everything'", by="strict record", code="grant.bad-value", entry=False)
@pytest.mark.parametrize(
    "changes",
    [{"uses": ["*"]}, {"uses": []}, {"assets": ["*"]}, {"person": "*"}, {"wildcard": True}, {"schema_version": 99}],
)
def test_a_grant_without_limits(scene, tmp_path, changes):
    given = json.loads(scene.world.agree(scene.accomplice, days=1).model_dump_json())
    (tmp_path / "grant.json").write_text(json.dumps({**given, **changes}))

    with scene.attacked():
        scene.world.people.read_grant(tmp_path / "grant.json")


@attack("a grant lasts for ever", by="strict record", code="grant.bad-value", entry=False)
def test_a_grant_for_ever(scene):
    with scene.attacked():
        scene.world.agree(scene.accomplice, days=4000)
