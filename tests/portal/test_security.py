"""What the pages refuse, and what they never tell."""

import logging
import time

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import InputError
from avatar.people.erasure import erase
from avatar.portal.app import build_app
from avatar.portal.middleware import SiteAddress, parse_site_address
from avatar.portal.sessions import Sessions
from avatar.portal.throttle import FailureLimiter
from tests.consent.reading import entries
from tests.portal.conftest import ORIGIN, noise

PAGES = ["/", "/return", "/status", f"/status/{'0' * 64}", "/nowhere", "/c/wrong", "/static/page.css", "/you"]


# Links


def test_a_link_opens_once(ada):
    path = ada.link()
    assert ada.browser.post(path).url.path == "/consent"

    stranger = TestClient(build_app(ada.site), base_url=ORIGIN)
    answer = stranger.post(path)
    assert (answer.status_code, "link.used" in answer.text) == (410, True)
    assert stranger.get("/you").status_code == 401


def test_looking_at_a_link_does_not_use_it_up(ada):
    path = ada.link()
    for _ in range(3):
        assert "Begin" in ada.browser.get(path).text

    assert ada.browser.post(path).status_code == 200


def test_a_link_ends_in_time(ada):
    path = ada.link(hours=1)
    ada.world.wait(hours=1)

    answer = ada.browser.post(path)
    assert (answer.status_code, "link.expired" in answer.text) == (410, True)


def test_the_store_holds_no_token_and_nothing_readable_of_a_link(ada):
    path = ada.link(project="A secret project")
    ada.browser.post(path)
    visit = ada.browser.cookies["visit"]
    token = path.removeprefix("/c/")

    for key in ada.world.objects.list("links"):
        data = ada.world.objects.read(key)
        assert token not in key
        assert token.encode() not in data
        assert b"A secret project" not in data
    for key in ada.world.objects.list("visits"):
        assert visit.encode() not in ada.world.objects.read(key) + key.encode()
    assert len(token) >= 43  # 256 bits


def test_a_link_of_someone_erased_leads_nowhere(ada):
    path = ada.link()
    erase(ada.world.people, "ada")

    assert ada.browser.get(path).status_code == 404


def test_a_visit_ends_after_two_hours_and_with_an_erasure(ada):
    ada.enter(asked=False)
    ada.world.wait(hours=1, minutes=59)
    assert ada.browser.get("/you").status_code == 200
    ada.world.wait(minutes=1)
    assert ada.browser.get("/you").status_code == 401

    ada.enter(asked=False)
    erase(ada.world.people, "ada")
    assert ada.browser.get("/you").status_code == 401


@given(st.text(max_size=200))
def test_no_token_that_was_not_made_here_opens_anything(text):
    links = Sessions(_NoObjects(), None)
    with pytest.raises(InputError):
        links.look(text)


class _NoObjects:
    def read(self, key):
        from avatar.artifacts.objects import validate_key

        validate_key(key)  # whatever was tried became a well-formed key


def test_who_guesses_is_stopped_for_a_minute(ada, monkeypatch):
    begun = time.time()
    answers = [ada.browser.get(f"/c/guess{n}").status_code for n in range(12)]
    assert answers == [404] * 10 + [429] * 2

    monkeypatch.setattr("limits.storage.memory.time.time", lambda: begun + 61)
    assert ada.browser.get("/c/guess").status_code == 404


def test_one_who_guesses_does_not_stop_others():
    failures = FailureLimiter(max_failures=2)
    for _ in range(5):
        failures.wrong("a stranger")

    failures.check("ada")
    with pytest.raises(InputError):
        failures.check("a stranger")


# Other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_what_another_site_sends_is_refused_even_with_the_right_cookie(ada, headers):
    ada.agree()
    csrf = ada.csrf
    answer = ada.browser.post("/you/withdraw", data={"csrf": csrf}, headers=headers)

    assert (answer.status_code, "page.cross-site" in answer.text) == (403, True)
    assert ada.world.ledger.read().people[ada.world.people.find("ada").id].standing


@pytest.mark.parametrize("path", ["/you/withdraw", "/you/narrow", "/you/key", "/consent/begin", "/leave"])
def test_no_form_is_taken_without_the_word_that_only_our_pages_know(ada, path):
    ada.enter()
    for csrf in ("", "0" * 64, "é"):
        assert ada.browser.post(path, data={"csrf": csrf}).status_code == 403
    assert ada.browser.post("/consent/recording", content=b"x").status_code == 403


def test_another_name_for_this_machine_is_not_answered(ada):
    answer = ada.browser.get("/", headers={"host": "evil.example:8790"})
    assert (answer.status_code, "page.other-host" in answer.text) == (421, True)
    assert ada.browser.get("/", headers={"host": "localhost:8790"}).status_code == 200


def test_the_cookie_of_a_visit_is_out_of_reach_of_scripts_and_other_sites(ada):
    cookie = ada.browser.post(ada.link(), follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # plain http, on this machine only


def test_behind_tls_the_cookie_travels_only_encrypted(ada):
    object.__setattr__(ada.site, "address", SiteAddress("https://consent.example"))
    browser = TestClient(build_app(ada.site), base_url="https://consent.example")
    answer = browser.post(ada.link(), follow_redirects=False)

    assert answer.headers["set-cookie"].startswith("__Host-visit=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_scripts_and_frames_of_others_and_is_kept_nowhere(ada, path):
    answer = ada.browser.get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/return", "/status", "/you", "/consent", "/nowhere"])
def test_no_page_holds_a_script_a_style_or_an_address_of_others(ada, path):
    ada.enter()
    page = ada.browser.get(path).text

    assert "<style" not in page
    assert " style=" not in page
    assert "onclick" not in page
    assert "http" not in page.replace(ORIGIN, "").replace("http-equiv", "")


@pytest.mark.parametrize(
    "path", ["/static/", "/static", "/static/../app.py", "/static/%2e%2e/app.py", "/docs", "/openapi.json"]
)
def test_nothing_can_be_explored(ada, path):
    answer = ada.browser.get(path)
    assert (answer.status_code, "page.missing" in answer.text) == (404, True)


# Where it listens


def test_only_this_machine_is_served_without_tls():
    with pytest.raises(InputError) as refused:
        parse_site_address("0.0.0.0", 8780, "")
    assert refused.value.code == "page.no-tls"
    assert "--behind" in str(refused.value)

    assert parse_site_address("0.0.0.0", 8780, "https://consent.example/").origin == "https://consent.example"
    assert parse_site_address("::1", 8780, "").origin == "http://[::1]:8780"


@pytest.mark.parametrize("behind", ["http://consent.example", "https://user@evil", "https://a/b", "consent.example"])
def test_what_stands_in_front_must_speak_tls(behind):
    with pytest.raises(InputError) as refused:
        parse_site_address("0.0.0.0", 8780, behind)
    assert refused.value.code == "page.bad-address"


# Uploads


def test_a_recording_that_is_too_large_is_refused_while_it_arrives(ada, monkeypatch):
    monkeypatch.setattr("avatar.portal.consent_flow.MAX_UPLOAD_BYTES", 1000)
    ada.enter()
    ada.send("/consent/begin", use=["publish"], adult="18")
    csrf = ada.csrf
    answer = ada.browser.post("/consent/recording", content=bytes(2000), headers={"x-csrf-token": csrf})

    assert (answer.status_code, answer.json()["code"]) == (413, "upload.too-large")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "upload.empty"), (b"#EXTM3U\nfile:///etc/passwd", "media.playlist"), (b"x" * 99, "media.not-allowed")],
)
def test_what_is_no_recording_is_refused_and_the_challenge_stands(ada, content, code):
    ada.enter()
    ada.send("/consent/begin", use=["clone-voice", "publish"], adult="18")
    csrf = ada.csrf
    answer = ada.browser.post("/consent/recording", content=content, headers={"x-csrf-token": csrf})
    assert (answer.status_code, answer.json()["code"]) == (400, code)

    ada.speak()
    assert "You have agreed" in ada.browser.get("/consent/checks").text


def test_a_recording_stays_in_no_room_that_anyone_could_look_into(ada, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "rooms"))
    (tmp_path / "rooms").mkdir()
    ada.agree()

    assert list((tmp_path / "rooms").iterdir()) == []


def test_a_recording_counts_once(ada):
    sound = noise(ada.world.folder)
    ada.enter()
    ada.send("/consent/begin", use=["clone-voice", "publish"], adult="18")
    ada.speak(sound)
    answer = ada.speak(sound)

    assert (answer.status_code, answer.json()["code"]) == (403, "capture.used")


# What is told


def test_no_log_line_holds_anything_personal(ada, caplog):
    caplog.set_level(logging.DEBUG, "avatar")
    path = ada.link(project="A secret project")
    ada.browser.post(path)
    ada.send("/consent/begin", use=["clone-voice", "publish"], adult="18")
    ada.speak()
    for page in ("/you", "/you/receipt", "/nowhere", "/c/wrong", "/consent/checks"):
        ada.browser.get(page)
    ada.send("/you/withdraw")

    challenge = ada.site.capture.challenges(ada.world.people.find("ada"))[0]
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("avatar", "uvicorn")))
    for secret in (
        "ada",
        "A secret project",
        path.removeprefix("/c/"),
        ada.browser.cookies["visit"],
        *challenge.passcode,
    ):
        assert secret not in ours


def test_an_error_that_nobody_foresaw_says_nothing_to_the_page_and_only_its_kind_to_the_log(ada, caplog, monkeypatch):
    def broken(*_):
        raise RuntimeError("ada said: amber, river, lantern")

    ada.enter(asked=False)
    monkeypatch.setattr("avatar.portal.dashboard._state", broken)
    answer = ada.browser.get("/you")

    assert (answer.status_code, "page.failed" in answer.text) == (500, True)
    assert "amber" not in answer.text + caplog.text
    assert "RuntimeError in " in caplog.text


@pytest.mark.parametrize("path", ["/nowhere", "/c/wrong", "/you", "/consent", "/status/xyz"])
def test_every_error_is_a_plain_sentence_with_its_reason(ada, path):
    answer = ada.browser.get(path)

    assert answer.status_code in (400, 401, 404)
    assert "Reason: <code>" in answer.text
    assert "Traceback" not in answer.text
    machine = ada.browser.get(path, headers={"accept": "application/json"}).json()
    assert machine["sentence"].endswith(".")
    assert machine["code"].count(".") == 1


def test_a_wrong_method_is_answered_as_a_missing_page(ada):
    assert ada.browser.post("/consent").status_code == 404


def test_refused_visits_leave_no_entry_that_a_stranger_could_fill_the_ledger_with(ada):
    before = len(entries(ada.world.objects))
    for n in range(20):
        ada.browser.get(f"/c/guess{n}")
        ada.browser.post("/you/withdraw", data={"csrf": "x"})
    assert len(entries(ada.world.objects)) == before
