"""A: a statement that is somebody else's, of another day, or of nobody: what the camera and microphone bring."""

from datetime import timedelta

import pytest

from avatar.capture.capture import Capture
from avatar.capture.outcome import ChallengeState
from avatar.consent import Use
from avatar.errors import ConsentError
from tests.capture.scripted import OTHER, UNSURE, Booth
from tests.redteam.cases import attack


@pytest.fixture
def booth(scene) -> Booth:
    """A place to record in, where the analyzer report what the case says."""
    return Booth(scene.world)


@pytest.fixture
def challenge(scene, booth):
    return booth.capture.ask(scene.victim, scene.world.terms(Use.CLONE_VOICE, Use.PUBLISH))


def refused(scene, booth, challenge, file) -> None:
    """Hand a recording in, and hold its outcome to the case: refused for that reason, and nothing agreed to."""
    with scene.attacked():
        outcome = booth.capture.take(challenge.id, file)
        assert outcome.standing is ChallengeState.REFUSED
        (code,) = (code for code in outcome.codes if code == scene.case.code)
        raise ConsentError(outcome.explain(), code=code)
    assert scene.world.ledger.read().people[scene.victim.id].standing == []


@attack("somebody says something else", by="statement", code="capture.transcript")
def test_other_words(scene, booth, challenge):
    file = booth.says(challenge)
    booth.analyzer.says = "I agree to nothing at all"

    refused(scene, booth, challenge, file)


@attack("an older statement, with other passcode words, is played back", by="statement", code="capture.passcode")
def test_an_older_statement(scene, booth, challenge):
    file = booth.says(challenge)
    one, two, _ = challenge.passcode
    booth.analyzer.says = challenge.statement.replace(one, "x").replace(two, "y")

    refused(scene, booth, challenge, file)


@attack("another person says it", by="same person", code="capture.voice")
def test_another_voice(scene, booth, challenge):
    file = booth.says(challenge)
    booth.analyzer.like = [OTHER]

    refused(scene, booth, challenge, file)


@attack("words of today are spliced onto an older recording", by="same person", code="capture.spliced")
def test_a_splice(scene, booth, challenge):
    file = booth.says(challenge)
    booth.analyzer.parts = OTHER

    refused(scene, booth, challenge, file)


@attack("our own engine says it in their voice", by="no synthetic statement", code="capture.synthetic")
def test_a_statement_of_ours(scene, booth, challenge):
    file = booth.says(challenge)
    booth.analyzer.marked = 0.9

    refused(scene, booth, challenge, file)


@attack(
    "the recording of another challenge is handed in again", by="one recording, one challenge", code="capture.replayed"
)
def test_a_replayed_recording(scene, booth, challenge):
    other = booth.capture.ask(scene.accomplice, scene.world.terms(Use.PUBLISH))
    file = booth.says(other)
    booth.capture.take(other.id, file)
    booth.analyzer.says = challenge.statement

    refused(scene, booth, challenge, file)


@attack("a challenge is answered twice", by="one recording, one challenge", code="capture.used")
def test_a_challenge_that_was_used(scene, booth, challenge):
    booth.capture.take(challenge.id, booth.recording())

    with scene.attacked():
        booth.capture.take(challenge.id, booth.says(challenge))


@attack("a challenge is answered after its half hour", by="half an hour", code="capture.expired")
def test_a_challenge_that_is_over(scene, booth, challenge):
    file = booth.says(challenge)
    scene.world.now += timedelta(minutes=31)

    with scene.attacked():
        booth.capture.take(challenge.id, file)


@attack("a challenge from before a withdrawal is answered after it", by="half an hour", code="capture.withdrawn")
def test_a_challenge_from_before_a_withdrawal(scene, booth, challenge):
    file = booth.says(challenge)
    scene.world.people.withdraw(scene.victim)

    with scene.attacked():
        booth.capture.take(challenge.id, file)


@attack("who recorded a doubtful statement lets it pass", by="second person", code="capture.same-operator")
def test_who_recorded_does_not_review(scene, booth, challenge):
    booth.analyzer.like = [UNSURE]
    file = booth.says(challenge)
    assert booth.capture.take(challenge.id, file).standing is ChallengeState.HELD

    with scene.attacked():
        Capture(scene.world.people, booth.analyzer).review(challenge.id, accept=True)
