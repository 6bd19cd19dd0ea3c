"""The pages in a real browser: camera, microphone, keyboard, contrast, narrow screens, and nothing from elsewhere."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.artifacts.artifact import Portrait, VoiceSample
from avatar.capture.capture import Capture
from avatar.capture.default_analyzer import DefaultAnalyzer
from avatar.capture.statement import StatementTemplate
from avatar.consent import Use
from avatar.consent.vocabulary import Channel, Purpose
from avatar.media.decode import decode
from avatar.media.frames import rgb_of
from avatar.people import samples
from avatar.portal.middleware import SiteAddress
from tests.capture.films import filmed
from tests.portal.browser import CHROMIUM, MISSING, chromium, free_port, served, write_camera, write_microphone
from tests.portal.conftest import Visitor, brought, noise
from tests.portal.test_pages import FILE, publish, standings

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=MISSING)]

PERFORMERS = Path(__file__).parents[2] / "performers"
SAYS = Path(__file__).parents[1] / "data" / "voices" / "ava_says.flac"
SECONDS = 23  # that she takes, and a little


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser in front of which Ava reads a statement aloud, after a second of silence."""
    folder = tmp_path_factory.mktemp("devices")
    film = filmed(PERFORMERS / "ava.png", SAYS, folder / "film.mp4")
    pictures = [rgb_of(frame.planes) for batch in decode(film).batches for frame in batch]
    sound, rate = soundfile.read(SAYS)
    camera = write_camera(folder / "camera.mjpeg", pictures[:1] * 25 + pictures, 25)
    microphone = write_microphone(folder / "microphone.wav", np.concatenate([np.zeros(rate), sound]), rate)
    with chromium(camera, microphone) as browser:
        yield browser


@pytest.fixture
def ada(world, site, analyzer):
    """Ada, enrolled, with pages at an address that a browser can reach."""
    world.people.enroll("ada", "synthetic", [partial(brought, VoiceSample), partial(brought, Portrait)])
    yield from visitor(world, site, analyzer)


@pytest.fixture
def ava(world, site, monkeypatch):
    """Ava, whom the shipped ears and eyes know by her portrait and her voice."""
    brought = [
        partial(samples.check_portrait, PERFORMERS / "ava.png"),
        partial(samples.check_voice, PERFORMERS / "ava_statement.flac", PERFORMERS / "ava_statement.txt"),
    ]
    world.people.enroll("ada", "synthetic", brought)
    # The words that the recording has: real ones are drawn anew each time.
    monkeypatch.setattr(StatementTemplate, "passcode", lambda _: ("pyramid", "dolphin", "lantern"))
    yield from visitor(world, replace(site, capture=Capture(world.people, DefaultAnalyzer())), None)


def visitor(world, site, analyzer):
    port = free_port()
    site = replace(site, address=SiteAddress(f"http://127.0.0.1:{port}"))
    with served(site, port):
        yield Visitor(world, site, analyzer, None)


@pytest.fixture
def page(browser, request):
    """A page that fails the test when anything is loaded from elsewhere, or when the browser complains."""
    who = request.getfixturevalue("ava" if "ava" in request.fixturenames else "ada")
    context = browser.new_context(base_url=who.site.address.origin)
    page = context.new_page()
    complaints, elsewhere = [], []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: elsewhere.append(sent.url) if not _ours(sent.url, who) else None)
    yield page
    context.close()
    assert elsewhere == []
    assert [each for each in complaints if "status of 4" not in each] == []


def _ours(url, who):
    return url.startswith((f"{who.site.address.origin}/", "blob:"))


def listen(ada):
    """Have the ears hear what the newest challenge asks for."""
    ada.analyzer.statement = ada.site.capture.challenges(ada.world.people.find("ada"))[0].statement


def test_a_performer_agrees_before_the_camera_looks_narrows_comes_back_and_withdraws(page, ava, tmp_path):
    uses = (Use.ANIMATE_FACE, Use.CLONE_VOICE, Use.PUBLISH)
    page.goto(ava.link(uses=uses, channels=(Channel.INTERNAL, Channel.WEBSITE)))
    page.get_by_role("button", name="Begin").click()
    for use in ("Animate your face", "Clone your voice", "Publish the videos", "I am 18 or older"):
        page.get_by_label(use).check()
    page.get_by_role("button", name="Continue to the recording").click()

    page.get_by_role("button", name="Turn on camera and microphone").click()
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(SECONDS * 1000)
    page.get_by_role("button", name="Stop").click()
    page.evaluate(PLAYABLE)
    page.get_by_role("button", name="Agree and send").click()
    page.wait_for_url("**/consent/checks", timeout=180_000)
    found = page.get_by_role("list").last.inner_text()
    assert page.get_by_role("heading", level=1).inner_text() == "You have agreed", found

    page.get_by_role("link", name="See your receipt").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as JSON").click()
    (standing,) = standings(ava)
    assert standing.grant.digest in download.value.path().read_text()
    assert {check.name for check in standing.grant.evidence.checks} >= {"transcript", "voice", "face", "lips"}
    with page.expect_download() as download:
        page.get_by_role("button", name="Download your key").click()
    download.value.save_as(tmp_path / "my.key")

    publish(ava)
    page.get_by_role("link", name="Your consent").click()
    page.get_by_label("Website").uncheck()
    page.get_by_role("button", name="Agree to only what is ticked").click()
    assert standings(ava)[0].scope.channels == (Channel.INTERNAL,)
    page.get_by_role("button", name="Leave").click()

    page.goto("/return")
    page.get_by_label("Your code").fill(ava.world.people.find("ada").id)
    page.get_by_label("Your key file").set_input_files(tmp_path / "my.key")
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url("**/you")
    page.get_by_role("link", name="Withdraw everything").click()
    page.get_by_role("button", name="Yes, withdraw everything now").click()
    assert "You withdrew everything" in page.get_by_role("status").inner_text()
    assert page.get_by_text("Consent withdrawn").is_visible()
    assert standings(ava) == []

    page.goto(f"/status/{FILE}")
    assert "Do not show this video" in page.get_by_role("heading", level=1).inner_text()


def test_a_recording_can_be_made_with_the_keyboard_alone(page, ada):
    page.goto(ada.link())
    tab_to(page, "Begin")
    page.wait_for_url("**/consent")
    for name in ("Clone your voice", "Publish the videos", "I am 18 or older"):
        tab_to(page, name, press="Space")
    tab_to(page, "Continue to the recording")
    page.wait_for_url("**/consent/record")
    tab_to(page, "Turn on camera and microphone")
    page.wait_for_selector("#start:visible")
    page.keyboard.press("Enter")  # the focus waits at the next button
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    page.wait_for_selector("#send:visible")
    assert page.evaluate("document.activeElement.id") == "send"
    tab_to(page, "Record again")
    page.wait_for_selector("#start:visible")


def tab_to(page, name, press="Enter"):
    """Go to the control called *name* with the tabulator key, and press a key there."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if name in page.evaluate("(document.activeElement.closest('label') ?? document.activeElement).textContent"):
            return page.keyboard.press(press)
    raise AssertionError(f"the tabulator key never came to {name!r}")


def test_who_forbids_the_camera_is_told_how_to_allow_it(page, ada):
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    page.goto(ada.link())
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Publish the videos").check()
    page.get_by_label("I am 18 or older").check()
    page.get_by_role("button", name="Continue to the recording").click()
    page.get_by_role("button", name="Turn on camera and microphone").click()

    page.wait_for_selector(".said.bad")
    assert "Allow camera and microphone" in page.get_by_role("status").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_and_fits_narrow_screens(page, ada, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    for path in every_page(page, ada):
        if path:
            page.goto(path)
        page.wait_for_load_state()  # with its style
        assert page.evaluate(UNREADABLE) == [], path
        assert page.evaluate(UNNAMED) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.locator("h1").count() == 1, path


def every_page(page, ada):
    """Give every page, in the order that a performer comes to them (empty: the page is there already)."""
    yield from ("/", ada.link(), "/status", f"/status/{'0' * 64}", "/return", "/nowhere", "/you")
    page.goto(ada.link(days=30, reconfirm_days=10, purposes=(Purpose.RESEARCH, Purpose.NEWS)))
    page.get_by_role("button", name="Begin").click()
    yield ""
    for use in (Use.CLONE_VOICE, Use.PUBLISH):
        page.check(f"input[value={use}]")
    page.get_by_label("I am 18 or older").check()
    page.get_by_role("button", name="Continue to the recording").click()
    yield ""
    listen(ada)
    for voice in (0.3, 0.8, 0.95):
        ada.analyzer.voice = voice
        answer = page.request.post(
            "/consent/recording",
            headers={"x-csrf-token": page.locator("input[name=csrf]").first.get_attribute("value")},
            data=noise(ada.world.folder),
        )
        assert answer.status == 200
        yield "/consent/checks"
        if voice < 0.9:
            challenge_again(page, ada)
    publish(ada)
    yield from ("/you", "/you/receipt", "/you/withdraw", f"/status/{FILE}")


def challenge_again(page, ada):
    ada.world.wait(minutes=1)
    csrf = page.locator("input[name=csrf]").first.get_attribute("value")
    page.request.post("/consent/again", form={"csrf": csrf})
    listen(ada)


# Waits until the preview can be played.
PLAYABLE = """() => new Promise((done) => {
  const taken = document.getElementById("taken");
  if (taken.readyState >= 2) done(); else taken.onloadeddata = done;
})"""
# Text that stands out from its ground less than WCAG 2.2 asks for (4.5 to 1; 3 to 1 where it is large).
UNREADABLE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour, under) => {
    canvas.fillStyle = `rgb(${under})`; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const ground = (element) => {
    if (!element) return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
    const colour = getComputedStyle(element).backgroundColor;
    return /, 0\\)$/.test(colour) ? ground(element.parentElement) : rgb(colour, ground(element.parentElement));
  };
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, part, i) => {
    const v = c[i] / 255;
    return sum + part * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3 && n.data.trim()).map((n) => n.data.trim());
    if (!text.length || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), under = ground(element);
    const [a, b] = [light(rgb(style.color, under)), light(under)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) found.push([text.join(" "), ((a + 0.05) / (b + 0.05)).toFixed(2)]);
  }
  return found;
}"""
# Controls and pictures that a screen reader could only call "button" or "picture".
UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]), button, a, img, video, svg[role]")]
  .filter((each) => each.checkVisibility())
  .filter((each) => !(each.labels?.length || each.getAttribute("aria-label") || each.textContent.trim()
                      || each.hasAttribute("alt") || each.querySelector("[alt]")))
  .map((each) => each.outerHTML)"""
