"""A: consent to one thing, stretched to another: purpose, project, language, channel, company, words, number."""

from dataclasses import replace

import pytest

from avatar.consent.entries import Narrowed, Reconfirmed, Suspended
from avatar.consent.evidence import Attested
from avatar.consent.scope import ScriptPolicy, script_digest
from avatar.consent.vocabulary import Channel, Purpose, Topic
from avatar.stages.face import SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Publish
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import TOY_BRIEF
from tests.redteam.attacks import reopened
from tests.redteam.b_withdrawal.test_moments import Meanwhile
from tests.redteam.cases import attack


def refused_with(scene, **brief) -> None:
    """Hold the learning of the victim's voice for another brief to the case's refusal."""
    request = LearnVoice(scene.world.likeness(scene.victim).voice)
    with scene.attacked():
        scene.world.studio.perform(request, EngineSpec("ear"), replace(TOY_BRIEF, **brief))


@attack("work for one purpose is turned to another", by="brief", code="consent.wrong-purpose")
def test_another_purpose(scene):
    scene.world.agree(scene.victim)

    refused_with(scene, purpose=Purpose.POLITICAL_CAMPAIGN)


@attack("work for one project goes into another", by="brief", code="consent.other-project")
def test_another_project(scene):
    scene.world.agree(scene.victim)

    refused_with(scene, project="toys2")


@attack("a video is dubbed into a language nobody agreed to", by="brief", code="consent.language")
@pytest.mark.parametrize("languages", [("de",), ("en", "de"), ("e",), ("eng",), ()])
def test_another_language(scene, languages):
    scene.world.agree(scene.victim)

    refused_with(scene, languages=languages)


@attack("a video goes to one channel more, or says no channel at all", by="brief", code="consent.channel")
@pytest.mark.parametrize("channels", [(Channel.INTERNAL, Channel.PAID_MEDIA), ()])
def test_another_channel(scene, channels):
    scene.world.agree(scene.victim)

    refused_with(scene, channels=channels)


@attack("a video goes to countries nobody agreed to, or names none", by="brief", code="consent.territory")
@pytest.mark.parametrize("territories", [("FR",), ("001",), ()])
def test_another_territory(scene, territories):
    scene.world.agree(scene.victim, territories=("DE",))

    refused_with(scene, territories=territories)


@attack("someone appears beside a person who agreed to appear alone", by="brief", code="consent.companion")
def test_unwanted_company(scene):
    scene.world.agree(scene.victim, companions=())
    footage = scene.footage(scene.accomplice)

    scene.refused(SwapFace(footage, scene.world.likeness(scene.victim).portrait), "tint")


@attack(
    "a brief names the script that was agreed to, and the work says another", by="words", code="consent.other-script"
)
def test_another_script_under_an_agreed_name(scene):
    agreed = ("An agreed sentence.",)
    scene.world.agree(scene.victim, script=ScriptPolicy(scripts=(script_digest(agreed),)))
    brief = replace(TOY_BRIEF, script=agreed)
    model = scene.world.studio.perform(LearnVoice(scene.world.likeness(scene.victim).voice), EngineSpec("ear"), brief)

    with scene.attacked():
        scene.world.studio.perform(CloneVoice(model, "Something else."), EngineSpec("beep"), brief)


@attack("a script waits for review and is used before", by="words", code="consent.script-not-reviewed")
def test_a_script_that_nobody_reviewed(scene):
    scene.world.agree(scene.victim, script=ScriptPolicy(reviewed=True))
    brief = replace(TOY_BRIEF, script=("A sentence.",))
    model = scene.world.studio.perform(LearnVoice(scene.world.likeness(scene.victim).voice), EngineSpec("ear"), brief)

    with scene.attacked():
        scene.world.studio.perform(CloneVoice(model, "A sentence."), EngineSpec("beep"), brief)


def say(scene, line: str, **brief) -> None:
    scene.world.agree(scene.victim, script=ScriptPolicy(denied_topics=(Topic.WEAPONS,)))
    model, asked = scene.model(scene.victim), replace(TOY_BRIEF, **brief)
    with scene.attacked():
        scene.world.studio.perform(CloneVoice(model, line), EngineSpec("beep"), asked)


@attack("a line is about a topic that its speaker denies", by="words", code="consent.denied-topic")
def test_a_denied_topic(scene):
    say(scene, "Buy a handgun today.")


@attack("a denied word is written with letters that look alike", by="words", code="consent.disguised-words")
def test_a_denied_topic_in_look_alike_letters(scene):
    say(scene, "Buy a h\u0430ndgun today.")


@attack("a denied word is written with digits for letters", by="words in plain", code="consent.denied-topic")
def test_a_denied_topic_in_digits(scene):
    say(scene, "Buy a h@ndgun today.")


@attack("a denied word is spelled letter by letter", by="words in pieces", code="consent.denied-topic")
@pytest.mark.parametrize("said", ["a h-a-n-d-g-u-n today", "h a n d g u n s", "I o w n a g u n", "a_h.a.n.d.g.u.n"])
def test_a_denied_topic_letter_by_letter(scene, said):
    say(scene, f"Buy {said}.")


@attack("a denied word has something invisible in its middle", by="words in plain", code="consent.denied-topic")
def test_a_denied_topic_with_something_invisible(scene):
    say(scene, "Buy a hand\u200bgun today, or a ha\u0301ndgun.")


@attack("a denied word is wide, bold or in a circle", by="words in plain", code="consent.denied-topic")
def test_a_denied_topic_in_another_dress(scene):
    say(scene, "Buy a \U0001d421\U0001d41a\U0001d427\U0001d41d\U0001d420\U0001d42e\U0001d427 today.")


@attack("a script about a denied topic is said to be in another language", by="words", code="consent.topics-unknown")
def test_a_denied_topic_in_another_language(scene):
    scene.world.agree(scene.victim, languages=("en", "fr"), script=ScriptPolicy(denied_topics=(Topic.WEAPONS,)))
    brief = replace(TOY_BRIEF, languages=("fr",))

    with scene.attacked():
        scene.world.studio.perform(LearnVoice(scene.world.likeness(scene.victim).voice), EngineSpec("ear"), brief)


@attack("a denied topic is put on a title card instead", by="words shown", code="consent.denied-topic")
def test_a_denied_topic_on_a_card(scene):
    scene.world.agree(scene.victim, script=ScriptPolicy(denied_topics=(Topic.WEAPONS,)))
    shot = scene.shot(scene.victim)

    scene.refused(Assemble((shot,), "Handguns for all"), "splice")


@attack("more videos are published than were agreed to", by="counted", code="consent.outputs-used-up")
def test_one_video_too_many(scene):
    scene.world.agree(scene.victim, max_outputs=1)
    scene.publish(scene.victim)
    another = scene.perform(Assemble((scene.shot(scene.victim),), "another"), "splice")

    scene.refused(Publish(another), "stamp")


@attack("two last videos are published at the same moment", by="compare and swap", code="consent.outputs-used-up")
def test_two_last_videos_at_once(scene):
    scene.world.agree(scene.victim, max_outputs=1)
    one = scene.video(scene.victim)
    other = scene.perform(Assemble((scene.shot(scene.victim),), "another"), "splice")
    elsewhere = reopened(scene.world)
    ledger = Meanwhile(scene.world.ledger, lambda: elsewhere.perform(Publish(other), EngineSpec("stamp")))
    studio = replace(scene.world.studio, ledger=ledger)

    with scene.attacked(leaving=2):  # the other one: its publication, and its file
        studio.perform(Publish(one), EngineSpec("stamp"), TOY_BRIEF)


@attack("a video is longer than what is left", by="counted", code="consent.seconds-used-up")
def test_a_video_that_is_too_long(scene):
    scene.world.agree(scene.victim, max_seconds=1)
    video = scene.video(scene.victim)
    studio = replace(scene.world.studio, measure=lambda _: 1001)

    with scene.attacked():
        studio.perform(Publish(video), EngineSpec("stamp"), TOY_BRIEF)


@attack("consent that waits to be confirmed again is used on", by="period", code="consent.not-reconfirmed")
def test_consent_that_waits_to_be_confirmed(scene):
    scene.world.agree(scene.victim, days=90, reconfirm_days=30)
    scene.world.wait(days=31)

    refused_with(scene)


@attack("an operator's word stands for a real person's for ever", by="evidence", code="consent.weak-evidence")
def test_an_operators_word_does_not_last(scene):
    person = scene.world.people.enroll("zoe", "self", [_voice])
    scene.world.agree(person, days=365)
    scene.world.wait(days=93)

    with scene.attacked():
        scene.world.perform(LearnVoice(scene.world.likeness(person).voice), EngineSpec("ear"))


def _voice(room):
    from avatar.artifacts.artifact import VoiceSample
    from avatar.people.samples import CheckedSample

    parts = {part: room / part for part in VoiceSample.parts}
    for path in parts.values():
        path.write_bytes(b"zoe's own")
    return CheckedSample(VoiceSample, parts)


@attack("a person is paused, and work with them goes on", by="suspension", code="consent.suspended")
def test_a_paused_person(scene):
    scene.world.agree(scene.victim)
    scene.world.people.suspend(scene.victim)

    refused_with(scene)


@attack("somebody else ends a person's pause", by="person's signature", code="consent.bad-signature", entry=False)
def test_a_pause_that_somebody_else_ends(scene):
    from avatar.consent.record import Suspension

    scene.world.people.suspend(scene.victim)
    forged = Suspension(record_id="2" * 32, person=scene.victim.id, ends=True, signature="0" * 128)
    theirs = scene.world.people.key(scene.accomplice).sign(forged.signed_bytes)

    with scene.attacked():
        scene.world.ledger.append(Suspended(suspension=forged.model_copy(update={"signature": theirs})))


@attack("a narrowing makes a grant wider", by="narrowing", code="consent.wider")
def test_a_narrowing_that_is_wider(scene):
    given = scene.world.agree(scene.victim, max_outputs=1)

    with scene.attacked():
        scene.world.people.narrow(scene.victim, given, given.scope.model_copy(update={"max_outputs": 2}))


@attack("an old confirmation is recorded once more", by="once recorded", code="consent.replayed", entry=False)
def test_a_replayed_confirmation(scene):
    given = scene.world.agree(scene.victim, days=90, reconfirm_days=30)
    index = scene.world.people.reconfirm(scene.victim, given)
    old = scene.world.ledger.entry(index).fact
    assert isinstance(old, Reconfirmed)

    with scene.attacked():
        scene.world.ledger.append(old)


@attack("a withdrawn grant is narrowed so that it stands again", by="narrowing", code="consent.no-such-grant")
def test_a_withdrawn_grant_is_not_narrowed(scene):
    given = scene.world.agree(scene.victim)
    scene.world.people.withdraw(scene.victim)

    with scene.attacked():
        scene.world.people.narrow(scene.victim, given, given.scope)


@attack("an insider records a narrowing that is wider", by="narrowing", code="ledger.forged", entry=False)
def test_an_insider_cannot_widen_by_narrowing(scene):
    from avatar.consent.record import Narrowing
    from tests.redteam.a_consent.test_forgery import forge

    given = scene.world.agree(scene.victim, max_outputs=1)
    wider = given.scope.model_copy(update={"max_outputs": 1000})
    record = Narrowing(record_id="3" * 32, person=scene.victim.id, grant=given.digest, scope=wider, signature="0" * 128)
    signed = record.model_copy(update={"signature": scene.world.people.key(scene.victim).sign(record.signed_bytes)})
    forge(scene, Narrowed(narrowing=signed))

    scene.shut()


@attack("a grant takes the place of somebody else's", by="once recorded", code="consent.unknown-grant")
def test_a_grant_in_the_place_of_somebody_elses(scene):
    theirs = scene.world.agree(scene.accomplice)

    with scene.attacked():
        scene.world.people.agree(scene.victim, scene.world.terms(), previous=theirs)


@attack("a grant is rolled back to an earlier, wider version", by="once recorded", code="consent.replayed")
def test_a_grant_that_is_rolled_back(scene):
    wide = scene.world.agree(scene.victim, max_outputs=100)
    scene.world.people.agree(scene.victim, scene.world.terms(max_outputs=1), previous=wide)

    with scene.attacked():
        scene.world.people.record(wide)


@attack("a grant claims evidence that was only attested", by="person's signature", code="consent.bad-signature")
def test_a_grant_with_other_evidence(scene):
    given = scene.world.agree(scene.victim)
    other = given.model_copy(update={"evidence": Attested(operator="o-" + "f" * 16), "record_id": "4" * 32})

    with scene.attacked():
        scene.world.people.record(other)


def test_what_was_agreed_to_is_done(scene):
    scene.world.agree(scene.victim, script=ScriptPolicy(denied_topics=(Topic.WEAPONS,)))

    assert scene.publish(scene.victim)
