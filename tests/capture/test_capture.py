"""From a challenge to a grant, a hold or a refusal: with analyzer that report what each test says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from avatar.capture.capture import Capture
from avatar.capture.outcome import ChallengeState
from avatar.consent import Use
from avatar.consent.evidence import Captured
from avatar.consent.keys import new_key
from avatar.consent.roles import Role
from avatar.errors import ConsentError, InputError
from avatar.people.erasure import erase
from avatar.people.key_rotation import rotate
from avatar.testing.world import World
from tests.capture.scripted import OTHER, SAME, UNSURE, Booth, entries


@pytest.fixture
def booth(world: World) -> Booth:
    return Booth(world)


@pytest.fixture
def ada(booth: Booth):
    return booth.world.enroll("ada")


def ask(booth: Booth, person, *uses: Use):
    return booth.capture.ask(person, booth.world.terms(*(uses or (Use.CLONE_VOICE, Use.PUBLISH))))


def test_who_says_what_was_asked_has_agreed_to_it(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)

    outcome = booth.capture.take(challenge.id, booth.says(challenge))

    (standing,) = booth.world.ledger.read().people[ada.id].standing
    evidence = standing.grant.evidence
    assert outcome.standing is ChallengeState.GRANTED
    assert outcome.grant == standing.grant.digest
    assert standing.uses == {Use.CLONE_VOICE, Use.PUBLISH}
    assert isinstance(evidence, Captured)
    assert evidence.challenge == challenge.id
    assert {check.name for check in evidence.checks} >= {"transcript", "passcode", "voice", "sound-mark", "fresh"}
    assert all(check.passed for check in evidence.checks)


def test_asking_is_an_entry_in_the_ledger_that_says_nothing_of_the_person(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)

    fact = entries(booth.world)[-1].fact
    assert (fact.kind, fact.person, fact.challenge) == ("requested", ada.id, challenge.id)


def test_the_statement_names_the_organisation_the_uses_and_three_words_drawn_for_it(booth: Booth, ada) -> None:
    first, second = ask(booth, ada), ask(booth, ada)

    assert "a studio may clone my voice and publish what is made" in first.statement
    assert all(word in first.statement for word in first.passcode)
    assert len(set(first.passcode)) == 3
    assert first.passcode != second.passcode


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda shown, _: setattr(shown, "says", "I agree to nothing at all"), "capture.transcript"),
        (lambda shown, c: setattr(shown, "says", c.statement.replace(c.passcode[0], "x").replace(c.passcode[1], "y")),
         "capture.passcode"),
        (lambda shown, c: setattr(shown, "says", swapped(c)), "capture.passcode"),
        (lambda shown, _: setattr(shown, "like", [OTHER]), "capture.voice"),
        (lambda shown, _: setattr(shown, "parts", OTHER._replace(first=0.5, second=0.4)), "capture.spliced"),
        (lambda shown, _: setattr(shown, "marked", 0.9), "capture.synthetic"),
    ],
)  # fmt: skip
def test_what_clearly_fails_is_refused_with_its_reason(booth: Booth, ada, change, code: str) -> None:
    challenge = ask(booth, ada)
    file = booth.says(challenge)
    change(booth.analyzer, challenge)

    outcome = booth.capture.take(challenge.id, file)

    assert outcome.standing is ChallengeState.REFUSED
    assert code in outcome.codes
    assert code in booth.codes()
    assert booth.world.ledger.read().people[ada.id].standing == []


def swapped(challenge) -> str:
    """The statement with its passcode backwards."""
    one, _, three = challenge.passcode
    return challenge.statement.replace(one, "\0").replace(three, one).replace("\0", three)


def test_a_recording_that_was_used_before_is_refused(booth: Booth, ada) -> None:
    first, second = ask(booth, ada), ask(booth, ada)
    file = booth.says(first)
    booth.capture.take(first.id, file)
    booth.analyzer.says = second.statement

    outcome = booth.capture.take(second.id, file)

    assert outcome.codes == ("capture.replayed",)
    assert outcome.standing is ChallengeState.REFUSED


def test_another_persons_recording_is_refused_too(booth: Booth, ada) -> None:
    ben = booth.world.enroll("ben")
    first, second = ask(booth, ada), ask(booth, ben)
    file = booth.says(first)
    booth.capture.take(first.id, file)
    booth.analyzer.says = second.statement

    assert "capture.replayed" in booth.capture.take(second.id, file).codes


def test_a_challenge_takes_one_recording_whatever_comes_of_it(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    booth.capture.take(challenge.id, booth.recording())
    again = booth.says(challenge)

    with pytest.raises(ConsentError) as caught:
        booth.capture.take(challenge.id, again)

    assert caught.value.code == "capture.used"
    assert "capture.used" in booth.codes()


def test_a_challenge_is_open_for_half_an_hour(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    booth.world.wait(minutes=30)

    with pytest.raises(ConsentError) as caught:
        booth.capture.take(challenge.id, booth.says(challenge))

    assert caught.value.code == "capture.expired"
    assert booth.capture.standing(challenge) is ChallengeState.EXPIRED
    assert challenge.expires_at - challenge.asked_at == timedelta(minutes=30)


def test_a_file_that_cannot_be_read_leaves_the_challenge_open(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    bad = booth.world.folder / "bad.wav"
    bad.write_bytes(b"RIFF and no more")

    with pytest.raises(InputError):
        booth.capture.take(challenge.id, bad)

    assert booth.capture.standing(challenge) is ChallengeState.OPEN
    assert booth.capture.take(challenge.id, booth.says(challenge)).standing is ChallengeState.GRANTED


def test_the_voice_is_held_against_every_sample_and_the_worst_one_counts(booth: Booth, ada) -> None:
    booth.world.people.enroll("ada", "synthetic", [lambda room: another_sample(room)])
    challenge = ask(booth, ada)
    file = booth.says(challenge)
    booth.analyzer.like = [SAME, OTHER]

    outcome = booth.capture.take(challenge.id, file)

    assert len(booth.analyzer.compared[-1]) == 2
    assert "capture.voice" in outcome.codes


def another_sample(room):
    from avatar.artifacts.artifact import VoiceSample
    from avatar.people.samples import CheckedSample

    parts = {part: room / part for part in VoiceSample.parts}
    for name, path in parts.items():
        path.write_bytes(f"more {name}".encode())
    return CheckedSample(VoiceSample, parts)


def test_a_withdrawal_ends_what_was_asked_before_it(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    booth.world.people.withdraw(ada)

    with pytest.raises(ConsentError) as caught:
        booth.capture.take(challenge.id, booth.says(challenge))

    assert caught.value.code == "capture.withdrawn"


def test_nothing_of_a_challenge_can_be_read_in_the_store(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    booth.capture.take(challenge.id, booth.says(challenge))
    kept = [booth.world.objects.read(key) or b"" for key in _keys(booth.world)]

    clear = [challenge.nonce, challenge.passcode[0], challenge.terms.description, "publish what is made", "RIFF"]
    assert not any(word.encode() in data for word in clear for data in kept)


def test_an_erasure_takes_the_recordings_along(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    booth.capture.take(challenge.id, booth.says(challenge))

    erase(booth.world.people, "ada")

    assert list(booth.world.objects.list(f"people/{ada.id}")) == []
    with pytest.raises(InputError):
        booth.capture.find(challenge.id)


def test_the_recording_can_be_looked_at_again(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    booth.capture.take(challenge.id, booth.says(challenge))
    out = booth.world.folder / "look"
    out.mkdir()

    (sound,) = booth.capture.recording(challenge.id, out)

    assert sound.read_bytes().startswith(b"RIFF")


def test_a_new_key_opens_what_was_recorded_before(booth: Booth, ada) -> None:
    challenge = ask(booth, ada)
    outcome = booth.capture.take(challenge.id, booth.says(challenge))
    out = booth.world.folder / "look"
    out.mkdir()

    rotate(booth.world.people, "ada")

    assert booth.capture.outcome(booth.capture.find(challenge.id)) == outcome
    assert booth.capture.recording(challenge.id, out)


def test_an_estate_cannot_speak(booth: Booth) -> None:
    person = booth.world.enroll("ada")

    with pytest.raises(InputError) as caught:
        booth.capture.ask(replace(person, capacity="estate"), booth.world.terms())

    assert caught.value.code == "capture.estate"


class TestHeld:
    """What no number decides."""

    @pytest.fixture
    def held(self, booth: Booth, ada):
        challenge = ask(booth, ada)
        file = booth.says(challenge)
        booth.analyzer.like = [UNSURE]
        assert booth.capture.take(challenge.id, file).standing is ChallengeState.HELD
        return challenge

    def test_nothing_is_agreed_to_while_it_is_held(self, booth: Booth, ada, held) -> None:
        assert booth.world.ledger.read().people[ada.id].standing == []
        assert booth.capture.standing(held) is ChallengeState.HELD

    def test_a_second_operator_can_accept_it(self, booth: Booth, ada, held) -> None:
        second = another_operator(booth)

        outcome = second.review(held.id, accept=True)

        (standing,) = booth.world.ledger.read().people[ada.id].standing
        assert outcome.standing is ChallengeState.GRANTED
        assert standing.grant.evidence.reviewers == (second.people.ledger.operator,)
        assert booth.capture.standing(held) is ChallengeState.GRANTED

    def test_or_refuse_it(self, booth: Booth, ada, held) -> None:
        another_operator(booth).review(held.id, accept=False)

        assert booth.world.ledger.read().people[ada.id].standing == []
        assert booth.capture.standing(held) is ChallengeState.REFUSED
        assert "capture.reviewed" in booth.codes()

    def test_whoever_recorded_it_cannot(self, booth: Booth, held) -> None:
        with pytest.raises(ConsentError) as caught:
            booth.capture.review(held.id, accept=True)

        assert caught.value.code == "capture.same-operator"

    def test_it_is_decided_once(self, booth: Booth, held) -> None:
        second = another_operator(booth)
        second.review(held.id, accept=False)

        with pytest.raises(ConsentError) as caught:
            second.review(held.id, accept=True)

        assert caught.value.code == "capture.not-held"

    def test_a_withdrawal_ends_it(self, booth: Booth, ada, held) -> None:
        booth.world.people.withdraw(ada)

        with pytest.raises(ConsentError) as caught:
            another_operator(booth).review(held.id, accept=True)

        assert caught.value.code == "capture.withdrawn"

    def test_samples_that_came_since_were_not_compared(self, booth: Booth, held) -> None:
        booth.world.people.enroll("ada", "synthetic", [another_sample])

        with pytest.raises(ConsentError) as caught:
            another_operator(booth).review(held.id, accept=True)

        assert caught.value.code == "capture.samples-changed"

    def test_a_locale_that_the_recogniser_does_not_understand_is_held(self, booth: Booth, ada) -> None:
        challenge = booth.capture.ask(ada, booth.world.terms(Use.CLONE_VOICE), locale="de-DE")

        outcome = booth.capture.take(challenge.id, booth.says(challenge))

        assert outcome.standing is ChallengeState.HELD
        assert outcome.codes == ("capture.transcript", "capture.passcode")

    def test_sound_alone_does_not_settle_what_a_face_agrees_to(self, booth: Booth, ada) -> None:
        challenge = ask(booth, ada, Use.ANIMATE_FACE)

        outcome = booth.capture.take(challenge.id, booth.says(challenge))

        assert outcome.standing is ChallengeState.HELD
        assert "capture.face" in outcome.codes


def another_operator(booth: Booth) -> Capture:
    """The same context, with another operator at work."""
    world, key = booth.world, new_key()
    world.operators.appoint(key.public, (Role.GRANT,))
    other = World(world.folder, now=world.now, acting=key)
    return Capture(other.people, booth.analyzer)


def _keys(world: World) -> list[str]:
    return [key for folder in ("people", "challenges", "recordings", "ledger") for key in world.objects.list(folder)]
