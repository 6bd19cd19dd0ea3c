"""The decision is pure: a table of who agreed to what, and the answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from avatar.consent import Claim, Use
from avatar.consent.brief import Brief
from avatar.consent.decide import Deny, Output, Permit, Question, decide, objections, usable_until
from avatar.consent.evidence import Attested, Captured, Check, Evidence, Notice
from avatar.consent.record import Grant
from avatar.consent.scope import Salted, ScriptPolicy, script_digest
from avatar.consent.state import ActiveGrant, GrantUsage, PersonState, State
from avatar.consent.vocabulary import Channel, Purpose, Topic
from avatar.testing.world import TOY_BRIEF, TOY_TERMS

ADA, BOB = "p-00000000000000ad", "p-00000000000000b0"
VOICE, FACE, BOBS = "a" * 64, "b" * 64, "c" * 64
STORED = {VOICE: "1" * 64, FACE: "2" * 64, BOBS: "3" * 64}
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ATTESTED = Attested(operator="o-0000000000000000")
WORDS = {"project": Salted.of("toys"), "description": Salted.of("A lesson.")}  # salted once: grants are compared


def grant(
    *uses: Use,
    start: datetime = NOON,
    end: datetime = NOON + DAY,
    assets: tuple[str, ...] = (VOICE,),
    person: str = ADA,
    evidence: Evidence = ATTESTED,
    **limits: Any,
) -> Grant:
    terms = replace(TOY_TERMS, uses=uses, **{"companions": (ADA, BOB), **limits})
    return Grant(
        record_id="0" * 32,
        created_at=NOON,
        person=person,
        grantee="a studio",
        scope=terms.scope(assets).model_copy(update=WORDS),
        not_before=start,
        not_after=end,
        reconfirm_days=terms.reconfirm_days,
        evidence=evidence,
        notice=Notice(text="0" * 64, version=1),
        signature="0" * 128,
    )


def state(*grants: Grant, withdrawn: int | None = None, brought: tuple[str, ...] = (VOICE, FACE)) -> State:
    ada = PersonState("0" * 64, "0" * 64, "synthetic", {asset: STORED[asset] for asset in brought}, withdrawn=withdrawn)
    bob = PersonState("1" * 64, "1" * 64, "synthetic", {BOBS: STORED[BOBS]})
    for index, given in enumerate(grants):
        owner = ada if given.person == ADA else bob
        owner.standing.append(ActiveGrant(given, frozenset(given.scope.uses), index, given.scope, NOON))
    return State(people={ADA: ada, BOB: bob})


def claim(use: Use | None = Use.CLONE_VOICE, sample: str = VOICE, person: str = ADA, manifest: str = "") -> Claim:
    return Claim(person, use, sample, manifest or STORED[sample])


def asked(*claims: Claim, brief: Brief = TOY_BRIEF, **more: Any) -> Question:
    return Question(frozenset(claims), brief, **more)


GOOD = grant(Use.CLONE_VOICE)


def erased(*grants: Grant) -> State:
    known = state(*grants)
    known.people[ADA].erased = True
    return known


@pytest.mark.parametrize(
    ("why", "claims", "standing"),
    [
        ("erased", [claim()], erased(GOOD)),
        ("erased", [claim(use=None)], erased(GOOD)),
        ("nobody", [], state(GOOD)),
        ("unknown-person", [claim(person="p-ffffffffffffffff")], state(GOOD)),
        ("foreign-asset", [claim()], state(GOOD, brought=(FACE,))),
        ("foreign-asset", [claim(sample=BOBS)], state(grant(Use.CLONE_VOICE, assets=(BOBS,)))),
        ("foreign-asset", [claim(manifest="f" * 64)], state(GOOD)),
        ("not-granted", [claim()], state()),
        ("not-granted", [claim(Use.PUBLISH)], state(GOOD)),
        ("not-granted", [claim(None)], state()),
        ("withdrawn", [claim()], state(withdrawn=7)),
        ("withdrawn", [claim(None)], state(withdrawn=7)),
        ("asset-not-covered", [claim(sample=FACE)], state(GOOD)),
        ("expired", [claim()], state(grant(Use.CLONE_VOICE, start=NOON - 2 * DAY, end=NOON))),
        ("not-yet", [claim()], state(grant(Use.CLONE_VOICE, start=NOON + timedelta(seconds=1)))),
        ("not-granted", [claim(), claim(sample=BOBS, person=BOB)], state(GOOD)),
    ],
)
def test_without_a_covering_grant_the_answer_is_no(why, claims, standing):
    answer = decide(asked(*claims), standing, NOON)

    assert isinstance(answer, Deny)
    assert answer.code == f"consent.{why}"
    assert answer.sentence


@pytest.mark.parametrize(
    ("claims", "standing"),
    [
        ([claim()], state(GOOD)),
        ([claim(None)], state(grant(Use.PUBLISH))),
        ([claim()], state(grant(Use.CLONE_VOICE, start=NOON - DAY, end=NOON + timedelta(microseconds=1)))),
        ([claim()], state(grant(Use.CLONE_VOICE, start=NOON - 2 * DAY, end=NOON - DAY), GOOD)),
        ([claim()], state(GOOD, withdrawn=3)),
    ],
)
def test_a_covering_grant_is_a_yes(claims, standing):
    assert isinstance(decide(asked(*claims), standing, NOON), Permit)


def test_a_permit_names_the_grants_it_stands_on():
    bobs = grant(Use.SWAP_FACE, person=BOB, assets=(BOBS,))
    unused = grant(Use.TRAIN)

    answer = decide(asked(claim(), claim(Use.SWAP_FACE, BOBS, BOB)), state(GOOD, bobs, unused), NOON)

    assert answer == Permit(tuple(sorted((GOOD.digest, bobs.digest))))


def test_the_sentence_says_who_what_and_what_to_do():
    answer = decide(asked(claim()), state(), NOON)

    assert isinstance(answer, Deny)
    assert answer.sentence == f"{ADA} has not agreed to 'clone-voice'; ask them, then record it (avatar grant)"


def test_two_grants_do_not_add_up_to_one():
    """One covers the voice for publishing, one the face for cloning: neither covers the voice for cloning."""
    answer = decide(asked(claim()), state(grant(Use.PUBLISH), grant(Use.CLONE_VOICE, assets=(FACE,))), NOON)

    assert isinstance(answer, Deny)
    assert answer.code == "consent.asset-not-covered"


# -- limits

SCRIPT = ("Good morning.", "That was all.")
REVIEWER, PRODUCER = "o-00000000000000ee", "o-00000000000000aa"


@pytest.mark.parametrize(
    ("why", "limits", "brief"),
    [
        ("wrong-purpose", {"purposes": (Purpose.NEWS,)}, {}),
        ("wrong-purpose", {}, {"purpose": Purpose.POLITICAL_CAMPAIGN}),
        ("other-project", {}, {"project": "Toys"}),
        ("language", {"languages": ("en-GB",)}, {}),
        ("language", {}, {"languages": ("en", "de")}),
        ("language", {}, {"languages": ()}),
        ("channel", {}, {"channels": (Channel.INTERNAL, Channel.WEBSITE)}),
        ("channel", {}, {"channels": ()}),
        ("territory", {"territories": ("GB", "IE")}, {}),
        ("territory", {"territories": ("GB",)}, {"territories": ("IE",)}),
        ("territory", {}, {"territories": ()}),
    ],
)
def test_a_grant_covers_only_the_briefs_it_names(why, limits, brief):
    answer = decide(asked(claim(), brief=replace(TOY_BRIEF, **brief)), state(grant(Use.CLONE_VOICE, **limits)), NOON)

    assert isinstance(answer, Deny)
    assert answer.code == f"consent.{why}"


def test_a_language_covers_its_regions_and_the_world_covers_countries():
    brief = replace(TOY_BRIEF, languages=("en-GB", "en"), territories=("GB",))

    assert isinstance(decide(asked(claim(), brief=brief), state(GOOD), NOON), Permit)


def test_nobody_appears_with_someone_they_did_not_agree_to_appear_with():
    alone = grant(Use.SWAP_FACE, companions=())
    bobs = grant(Use.SWAP_FACE, person=BOB, assets=(BOBS,))
    both = asked(claim(Use.SWAP_FACE), claim(Use.SWAP_FACE, BOBS, BOB))

    answer = decide(both, state(alone, bobs), NOON)

    assert (answer.code, answer.person) == ("consent.companion", ADA)
    assert isinstance(decide(asked(claim(Use.SWAP_FACE)), state(alone), NOON), Permit)


def test_of_several_grants_that_fall_short_the_nearest_says_what_to_ask_for():
    over = grant(Use.CLONE_VOICE, start=NOON - 2 * DAY, end=NOON - DAY)
    elsewhere = grant(Use.CLONE_VOICE, channels=(Channel.EMAIL,))

    assert decide(asked(claim()), state(over, elsewhere), NOON).code == "consent.channel"


def test_a_paused_person_is_in_nothing():
    paused = state(GOOD)
    paused.people[ADA].suspended = True

    assert decide(asked(claim()), paused, NOON).code == "consent.suspended"


def test_without_a_fresh_yes_an_agreement_stops():
    known = state(grant(Use.CLONE_VOICE, reconfirm_days=7, end=NOON + 30 * DAY))

    assert isinstance(decide(asked(claim()), known, NOON + 7 * DAY - timedelta(seconds=1)), Permit)
    assert decide(asked(claim()), known, NOON + 7 * DAY).code == "consent.not-reconfirmed"


def test_what_a_real_person_did_not_say_themselves_lasts_92_days():
    said = Captured(
        statement="0" * 64,
        locale="en-GB",
        challenge="1" * 64,
        challenged_at=NOON,
        expired_at=NOON,
        recording="2" * 64,
        checks=(Check(name="words", model="any", score=0.0, threshold=0.1, passed=True, code="capture.words"),),
    )
    for evidence, code in ((ATTESTED, "consent.weak-evidence"), (said, None)):
        known = state(grant(Use.CLONE_VOICE, end=NOON + 365 * DAY, evidence=evidence))
        known.people[ADA].capacity = "self"

        assert isinstance(decide(asked(claim()), known, NOON + 91 * DAY), Permit)
        answer = decide(asked(claim()), known, NOON + 92 * DAY)
        assert getattr(answer, "code", None) == code
        (standing,) = known.people[ADA].standing
        assert usable_until(standing.grant, "self") == NOON + (92 if code else 365) * DAY
        assert usable_until(standing.grant, "synthetic") == NOON + 365 * DAY


# -- words


def policy(**fields: Any) -> Grant:
    return grant(Use.CLONE_VOICE, script=ScriptPolicy(**fields))


def says(*said: str, brief: Brief = TOY_BRIEF, shown: tuple[str, ...] = (), **more: Any) -> Question:
    return asked(claim(), brief=brief, spoken=frozenset(said), displayed=frozenset(shown), **more)


def test_a_grant_for_one_script_covers_its_lines_and_no_others():
    known = state(policy(scripts=(script_digest(SCRIPT),)))
    agreed = replace(TOY_BRIEF, script=SCRIPT)

    assert isinstance(decide(says(SCRIPT[0], brief=agreed), known, NOON), Permit)
    assert decide(says("Something else.", brief=agreed), known, NOON).code == "consent.other-script"
    edited = replace(agreed, script=(*SCRIPT, "And one thing more."))
    assert decide(says(SCRIPT[0], brief=edited), known, NOON).code == "consent.other-script"


def test_a_script_that_needs_review_waits_for_someone_else():
    known, brief = state(policy(reviewed=True)), replace(TOY_BRIEF, script=SCRIPT)
    question = says(SCRIPT[0], brief=brief, operator=PRODUCER)

    assert decide(question, known, NOON).code == "consent.script-not-reviewed"
    known.approvals[script_digest(SCRIPT)] = frozenset({PRODUCER})
    assert decide(question, known, NOON).code == "consent.script-not-reviewed"
    known.approvals[script_digest(SCRIPT)] = frozenset({REVIEWER})
    assert isinstance(decide(question, known, NOON), Permit)


def test_a_video_that_needs_approval_is_not_let_out_by_anyone_who_made_it():
    known = state(grant(Use.PUBLISH))
    known.approval_needed = True
    film = Output("r" * 64, 1000, "d" * 64)
    question = asked(claim(Use.PUBLISH), output=film, operator=PRODUCER, authors=frozenset({REVIEWER}))

    assert decide(question, known, NOON).code == "consent.not-approved"
    known.approvals[film.video] = frozenset({PRODUCER, REVIEWER})
    assert decide(question, known, NOON).code == "consent.not-approved"
    known.approvals[film.video] = frozenset({"o-00000000000000ff"})
    assert isinstance(decide(question, known, NOON), Permit)


@pytest.mark.parametrize(
    ("said", "shown", "why"),
    [
        (("Place your bets at our casino.",), (), "denied-topic"),
        ((), ("WIN AT THE CASINO",), "denied-topic"),
        (("Place your b\u0435ts at our c\u0430sino.",), (), "disguised-words"),
        (("Visit the c a s i n o tonight.",), (), "denied-topic"),
        (("Visit the cas\u200bino tonight.",), (), "denied-topic"),
        (("Visit the ｃａｓｉｎｏ tonight.",), (), "denied-topic"),
        (("Visit the ca\u0301sino tonight.",), (), "denied-topic"),
        (("Visit the c4s1n0 tonight.",), (), "denied-topic"),
    ],
)
def test_what_is_never_spoken_about_is_not_spoken_about(said, shown, why):
    known = state(policy(denied_topics=(Topic.GAMBLING,)))

    assert decide(says(*said, shown=shown), known, NOON).code == f"consent.{why}"
    assert isinstance(decide(says("The weather is fine."), known, NOON), Permit)


def test_a_phrase_that_a_sentence_break_cuts_in_two_is_heard_all_the_same():
    known = state(policy(denied_topics=(Topic.POLITICS,)))
    brief = replace(TOY_BRIEF, script=("Please vote.", "For me this is easy."))

    assert decide(says("Please vote.", brief=brief), known, NOON).code == "consent.denied-topic"


def test_topics_are_not_guessed_in_a_language_without_a_word_list():
    known = state(grant(Use.CLONE_VOICE, languages=("de",), script=ScriptPolicy(denied_topics=(Topic.GAMBLING,))))

    answer = decide(says("Guten Morgen.", brief=replace(TOY_BRIEF, languages=("de",))), known, NOON)
    assert answer.code == "consent.topics-unknown"


# -- numbers


def test_outputs_and_seconds_are_counted_by_grant():
    given = grant(Use.PUBLISH, max_outputs=2, max_seconds=3)
    known = state(given)

    def answer(milliseconds: int) -> Any:
        film = Output("r" * 64, milliseconds, "d" * 64)
        return getattr(decide(asked(claim(Use.PUBLISH), output=film), known, NOON), "code", "yes")

    assert (answer(3000), answer(3001)) == ("yes", "consent.seconds-used-up")
    known.spent[given.digest] = GrantUsage(1, 2000)
    assert (answer(1000), answer(1001)) == ("yes", "consent.seconds-used-up")
    known.spent[given.digest] = GrantUsage(2, 2000)
    assert answer(0) == "consent.outputs-used-up"
    known.released_recipes.add("r" * 64)  # the very same again is no new output
    assert answer(1000) == "yes"


def test_a_second_grant_goes_on_where_the_first_is_used_up():
    first, second = grant(Use.PUBLISH, max_outputs=1), grant(Use.PUBLISH, max_outputs=5)
    known = state(first, second)
    known.spent[first.digest] = GrantUsage(1, 1000)

    answer = decide(asked(claim(Use.PUBLISH), output=Output("r" * 64, 10, "d" * 64)), known, NOON)

    assert answer == Permit((second.digest,))


@pytest.mark.parametrize("agreed", [(), (Use.CLONE_VOICE,), (Use.PUBLISH,), (Use.CLONE_VOICE, Use.PUBLISH)])
@pytest.mark.parametrize("purpose", [Purpose.RESEARCH, Purpose.NEWS])
def test_objections_are_all_that_is_denied_and_there_are_none_exactly_when_it_is_permitted(agreed, purpose):
    now = state(*([grant(*agreed)] if agreed else []))
    claims = frozenset(Claim(ADA, use, VOICE, STORED[VOICE]) for use in (Use.CLONE_VOICE, Use.PUBLISH))
    question = Question(claims, replace(TOY_BRIEF, purpose=purpose))

    found = objections(question, now, NOON)

    one_by_one = {
        claim for claim in claims if isinstance(decide(replace(question, claims=frozenset({claim})), now, NOON), Deny)
    }
    assert {claim for claim, _ in found} == one_by_one
    assert isinstance(decide(question, now, NOON), Permit) == (not found)


def test_whoever_is_not_enrolled_is_objected_to():
    claim = Claim("p-0000000000000bad", Use.PUBLISH, VOICE, STORED[VOICE])

    ((objected, denial),) = objections(Question(frozenset({claim}), TOY_BRIEF), state(), NOON)

    assert (objected, denial.code) == (claim, "consent.unknown-person")
