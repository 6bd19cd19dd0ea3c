"""Coming back with a code and a key, and what anyone may ask about a file."""

import pytest

from avatar.consent.keys import new_key
from avatar.portal.throttle import LoginChallenges
from tests.portal.test_pages import FILE, publish


@pytest.fixture
def key(ada):
    return ada.world.people.key(ada.world.people.find("ada"))


def come_back(ada, key, code="", **changes):
    code = code or ada.world.people.find("ada").id
    question = ada.browser.post("/return/question", json={"code": code}).json()["question"]
    sent = {"code": code, "question": question, "signature": key.sign(question.encode()), **changes}
    return ada.browser.post("/return", json=sent)


def test_who_signs_with_the_key_is_let_in_and_can_withdraw(ada, key):
    ada.agree()
    ada.browser.cookies.clear()
    assert come_back(ada, key).json() == {"next": "/you"}

    assert "toys" in ada.browser.get("/you").text
    assert "You withdrew everything" in ada.send("/you/withdraw").text


def test_no_other_key_opens_the_door(ada):
    answer = come_back(ada, new_key())
    assert (answer.status_code, answer.json()["code"]) == (400, "visit.wrong-key")
    assert ada.browser.get("/you").status_code == 401


def test_an_unknown_code_is_told_nothing_else_than_a_wrong_key(ada, key):
    assert come_back(ada, key, code="p-ffffffffffffffff").json() == come_back(ada, new_key()).json()


def test_a_question_is_answered_once(ada, key):
    code = ada.world.people.find("ada").id
    question = ada.browser.post("/return/question", json={"code": code}).json()["question"]
    sent = {"code": code, "question": question, "signature": key.sign(question.encode())}

    assert ada.browser.post("/return", json=sent).status_code == 200
    assert ada.browser.post("/return", json=sent).status_code == 400


def test_a_question_that_was_not_asked_here_cannot_be_answered(ada, key):
    mine = "avatar-visit http://127.0.0.1:8790 made-up"
    assert come_back(ada, key, question=mine, signature=key.sign(mine.encode())).status_code == 400


def test_a_question_waits_two_minutes_and_only_for_whom_it_was_asked():
    moment = [0.0]
    challenges = LoginChallenges(clock=lambda: moment[0])
    first, second, third = (challenges.ask("p-1", "here") for _ in range(3))

    assert not challenges.take(first, "p-2")
    assert challenges.take(second, "p-1")
    moment[0] = 121.0
    assert not challenges.take(third, "p-1")


def test_questions_do_not_pile_up():
    challenges = LoginChallenges(clock=lambda: 0.0)
    first = challenges.ask("p-1", "here")
    for _ in range(1000):
        challenges.ask("p-2", "here")
    assert not challenges.take(first, "p-1")


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"code": 5}', '{"code": "' + "x" * 600 + '"}'])
def test_what_is_no_question_is_refused(ada, body):
    answer = ada.browser.post("/return/question", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "page.bad-form")


def test_guessing_keys_is_stopped(ada):
    answers = [come_back(ada, new_key()).status_code for _ in range(10)]
    assert answers == [400] * 10
    assert ada.browser.post("/return/question", json={"code": "p-1"}).status_code == 429


# Status


def test_anyone_can_ask_whether_consent_for_a_file_stands(ada):
    ada.agree()
    publish(ada)
    assert "Consent for this video stands" in ada.browser.get(f"/status/{FILE}").text
    assert ada.browser.get(f"/status/{FILE}.json").json()["state"] == "valid"

    ada.send("/you/withdraw")
    assert "Do not show this video" in ada.browser.get(f"/status/{FILE}").text
    assert ada.browser.get(f"/status/{FILE}.json").json()["state"] == "consent withdrawn"


def test_a_status_says_nothing_of_who_is_in_the_video(ada):
    ada.agree()
    publish(ada)
    ada.browser.cookies.clear()
    person = ada.world.people.find("ada")

    for path in (f"/status/{FILE}", f"/status/{FILE}.json"):
        text = ada.browser.get(path).text
        assert person.id not in text
        assert "ada" not in text.replace("data", "")
        assert "toys" not in text


def test_a_file_that_is_not_ours_is_unknown(ada):
    answer = ada.browser.get(f"/status/{'0' * 64}")
    assert (answer.status_code, "not known here" in answer.text) == (404, True)
    assert ada.browser.get(f"/status/{'0' * 64}.json").json() == {"file": "0" * 64, "state": "unknown"}
