"""The way of a performer through the pages, from a link to a withdrawal."""

import json
import re

import pytest

from avatar.capture.checks import THRESHOLDS
from avatar.consent import Use
from avatar.consent.entries import Published
from avatar.consent.vocabulary import Channel, Purpose
from avatar.portal.check_texts import highlight_passcode
from tests.consent.reading import entries

FILE = "ab" * 32


def publish(ada):
    """Publish a video of ada, on the grant that she gave."""
    (standing,) = standings(ada)
    fact = Published(
        file=FILE,
        recipe="b" * 64,
        milliseconds=4000,
        purpose=Purpose.RESEARCH,
        channels=(Channel.INTERNAL,),
        people=(standing.grant.person,),
        grants=(standing.grant.digest,),
    )
    ada.world.ledger.append(fact)


def standings(ada):
    return ada.world.ledger.read().people[ada.world.people.find("ada").id].standing


def test_a_performer_goes_from_link_to_receipt_to_withdrawal(ada):
    assert "Begin" in ada.browser.get(ada.link()).text
    assert ada.enter().url.path == "/consent"
    assert ada.send("/consent/begin", use=["clone-voice", "publish"], adult="18").url.path == "/consent/record"
    assert ada.speak().json() == {"next": "/consent/checks"}
    assert "You have agreed" in ada.browser.get("/consent/checks").text
    assert standings(ada)[0].uses == {Use.CLONE_VOICE, Use.PUBLISH}

    page = ada.send("/you/withdraw")
    assert "You withdrew everything" in page.text
    assert "You agree to nothing" in page.text
    assert standings(ada) == []


def test_the_notice_says_everything_that_is_asked(ada):
    page = ada.enter(project="Course 7", max_outputs=3, days=30, reconfirm_days=10).text

    said = ("Clone your voice", "Research", "Course 7", "Inside the organisation", "English", "3 videos", "30 days")
    for each in (*said, "every 10 days", "nobody else", "A beep for every word of a lesson."):
        assert each in page
    assert "checked" not in page  # nothing is ticked for them


def test_what_is_not_ticked_is_not_agreed_to(ada):
    ada.agree(uses=["clone-voice"])

    (standing,) = standings(ada)
    assert standing.uses == {Use.CLONE_VOICE}


def test_what_was_not_asked_cannot_be_ticked(ada):
    ada.enter()
    page = ada.send("/consent/begin", use=["clone-voice", "train", "everything"], adult="18")

    assert page.url.path == "/consent/record"
    assert "train" not in ada.site.capture.challenges(ada.world.people.find("ada"))[0].statement


@pytest.mark.parametrize(
    ("fields", "code"), [({"adult": "18"}, "page.nothing-ticked"), ({"use": ["publish"]}, "page.age")]
)
def test_nobody_gets_to_the_recording_without_a_tick_for_a_use_and_one_for_their_age(ada, fields, code):
    ada.enter()
    answer = ada.send("/consent/begin", **fields)

    assert (answer.status_code, code in answer.text) == (400, True)


def test_saying_no_leaves_nothing_behind_and_ends_the_visit(ada):
    before = len(entries(ada.world.objects))
    ada.enter()
    assert "You said no" in ada.send("/consent/decline").text

    assert len(entries(ada.world.objects)) == before
    assert ada.browser.get("/consent").status_code == 401


def test_the_words_drawn_for_a_recording_are_marked_where_they_are_asked_for(ada):
    ada.enter()
    page = ada.send("/consent/begin", use=["publish"], adult="18").text
    challenge = ada.site.capture.challenges(ada.world.people.find("ada"))[0]

    assert tuple(re.findall("<mark>(.*?)</mark>", page)) == challenge.passcode
    assert "".join(part.text for part in highlight_passcode(challenge)) == challenge.statement


def test_a_refused_recording_says_what_failed_and_what_helps_and_may_be_tried_again_with_new_words(ada):
    ada.analyzer.voice = 0.3
    ada.agree()
    page = ada.browser.get("/consent/checks").text
    first = ada.site.capture.challenges(ada.world.people.find("ada"))[0]
    assert "This recording was not accepted" in page
    assert f"30 % alike; at least {round(100 * THRESHOLDS['voice'].passes)} % is needed" in page
    assert "Speak as in your samples" in page
    assert "capture.voice" in page
    assert standings(ada) == []

    ada.analyzer.voice = 0.95
    ada.world.wait(minutes=1)
    ada.send("/consent/again")
    ada.speak()
    assert "You have agreed" in ada.browser.get("/consent/checks").text
    assert ada.site.capture.challenges(ada.world.people.find("ada"))[0].passcode != first.passcode


def test_what_numbers_cannot_decide_waits_for_a_person(ada):
    ada.analyzer.voice = 0.8
    ada.agree()

    page = ada.browser.get("/consent/checks").text
    assert "A person will look at it" in page
    assert standings(ada) == []


def test_before_a_recording_there_are_no_results(ada):
    ada.enter()
    ada.send("/consent/begin", use=["publish"], adult="18")

    assert ada.browser.get("/consent/checks").url.path == "/consent/record"


def test_words_that_are_over_are_not_read_aloud_again(ada):
    ada.enter()
    ada.send("/consent/begin", use=["clone-voice", "publish"], adult="18")
    ada.world.wait(minutes=30)
    page = ada.browser.get("/consent/record").text
    assert "The words are over" in page
    assert "Begin anew" in page

    answer = ada.speak()
    assert (answer.status_code, answer.json()["code"]) == (403, "capture.expired")
    assert "begin anew" in answer.json()["sentence"]


def test_words_that_were_answered_lead_to_what_was_found(ada):
    ada.agree()
    assert ada.browser.get("/consent/record").url.path == "/consent/checks"


def test_without_their_key_here_a_person_can_still_withdraw(ada):
    ada.agree()
    (ada.world.people.keys / f"{ada.world.people.find('ada').id}.key").unlink()
    (standing,) = standings(ada)
    kept = {"use": ["publish"], "purpose": list(standing.scope.purposes), "channel": list(standing.scope.channels)}
    answer = ada.send("/you/narrow", grant=standing.grant.digest, **kept)
    assert "only a withdrawal works without it" in answer.text
    assert answer.status_code == 403
    assert "Download your key" not in ada.browser.get("/you/receipt").text

    assert "You withdrew everything" in ada.send("/you/withdraw").text


def test_a_performer_sees_where_they_were_used_for_what_and_when(ada):
    ada.agree()
    publish(ada)

    page = ada.browser.get("/you").text
    assert "toys: Research" in page
    assert "1 January 2030" in page
    assert "Consent stands" in page
    assert f"/status/{FILE}" in page

    assert "1 published video turns" in ada.browser.get("/you/withdraw").text
    ada.send("/you/withdraw")
    page = ada.browser.get("/you").text
    assert "Consent withdrawn" in page
    assert "toys: Research" in page  # also when the agreement stands no more


def test_narrowing_takes_back_what_is_no_longer_ticked(ada):
    ada.enter(channels=(Channel.INTERNAL, Channel.WEBSITE), purposes=(Purpose.RESEARCH, Purpose.NEWS))
    ada.send("/consent/begin", use=["clone-voice", "publish"], adult="18")
    ada.speak()
    (standing,) = standings(ada)
    fields = {"grant": standing.grant.digest, "use": ["publish"], "purpose": ["research"], "channel": ["website"]}
    assert "Only what is ticked" in ada.send("/you/narrow", **fields).text

    (standing,) = standings(ada)
    assert standing.uses == {Use.PUBLISH}
    assert standing.scope.purposes == (Purpose.RESEARCH,)
    assert standing.scope.channels == (Channel.WEBSITE,)


def test_narrowing_cannot_widen(ada):
    ada.agree(uses=["publish"])
    (standing,) = standings(ada)
    ticked = {"use": ["publish", "train"], "purpose": ["research", "news"], "channel": ["internal", "broadcast"]}

    assert "Nothing was changed" in ada.send("/you/narrow", grant=standing.grant.digest, **ticked).text
    assert standings(ada) == [standing]


def test_narrowing_to_nothing_points_to_the_withdrawal(ada):
    ada.agree()
    answer = ada.send("/you/narrow", grant=standings(ada)[0].grant.digest, use=["publish"])

    assert (answer.status_code, "page.nothing-left" in answer.text) == (400, True)


def test_who_is_asked_again_can_say_that_they_still_agree(ada):
    ada.enter(days=30, reconfirm_days=10)
    ada.send("/consent/begin", use=["publish"], adult="18")
    ada.speak()
    ada.world.wait(days=5)
    ada.enter(asked=False)
    page = ada.send("/you/reconfirm", grant=standings(ada)[0].grant.digest)

    assert "you still agree" in page.text
    assert standings(ada)[0].confirmed == ada.world.now
    assert "16 January 2030" in page.text


def test_a_receipt_is_a_page_to_read_and_json_to_check(ada):
    ada.agree()
    (standing,) = standings(ada)
    page = ada.browser.get("/you/receipt").text
    assert "toys" in page
    assert standing.grant.digest in page

    answer = ada.browser.get(f"/you/receipts/{standing.grant.digest}.json")
    assert "attachment" in answer.headers["content-disposition"]
    receipt = json.loads(answer.text)
    assert receipt["record_digest"] == standing.grant.digest
    assert receipt["ledger_proof"] == f"a proof of entry {standing.index}\n"


def test_someone_elses_receipt_is_not_found(ada):
    ada.agree()
    assert ada.browser.get(f"/you/receipts/{'0' * 64}.json").status_code == 404


def test_a_performer_takes_their_key_home(ada):
    ada.enter(asked=False)
    answer = ada.send("/you/key")

    key = ada.world.people.keys / f"{ada.world.people.find('ada').id}.key"
    assert answer.content == key.read_bytes()
    assert "attachment" in answer.headers["content-disposition"]


def test_leaving_ends_the_visit(ada):
    ada.enter(asked=False)
    assert "Goodbye" in ada.send("/leave").text

    assert ada.browser.get("/you").status_code == 401


def test_withdrawing_tells_everyone_who_must_know(ada, site):
    told = []
    object.__setattr__(site, "spread", lambda: told.append("told"))
    ada.agree()
    ada.send("/you/withdraw")

    assert told == ["told"]
