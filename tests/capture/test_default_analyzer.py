"""The shipped analyzer on sound and pictures of the synthetic performers: nothing is scripted here."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.capture.capture import Capture
from avatar.capture.checks import THRESHOLDS
from avatar.capture.default_analyzer import DefaultAnalyzer
from avatar.capture.outcome import ChallengeState, Outcome
from avatar.capture.statement import StatementTemplate
from avatar.consent import Use
from avatar.media.ingest import gateway as intake_door
from avatar.models.weights import locate
from avatar.people import samples
from avatar.testing.world import TOY_TERMS, World
from avatar.voices.base.base_tts import BASE_VOICE, open_base_tts
from avatar.watermark.audio import embed_audio_watermark
from tests.capture.films import filmed

PERFORMERS = Path(__file__).parents[2] / "performers"
VOICES = Path(__file__).parents[1] / "data" / "voices"
SAYS = VOICES / "ava_says.flac"  # Ava, reading the statement that ``said`` asks for
USES = (Use.ANIMATE_FACE, Use.CLONE_VOICE, Use.PUBLISH)

pytestmark = [pytest.mark.slow, pytest.mark.apart]


@pytest.fixture(autouse=True)
def _words_of_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the words that the recording has: real ones are drawn anew each time."""
    monkeypatch.setattr(StatementTemplate, "passcode", lambda _: ("pyramid", "dolphin", "lantern"))


@pytest.fixture
def capture(world: World) -> Capture:
    for name in ("ava", "ben"):
        voice = PERFORMERS / f"{name}_statement.flac"
        brought = [
            partial(samples.check_portrait, PERFORMERS / f"{name}.png"),
            partial(samples.check_voice, voice, voice.with_suffix(".txt")),
        ]
        world.people.enroll(name, "synthetic", brought)
    return Capture(world.people, DefaultAnalyzer())


def said(capture: Capture, name: str, file: Path) -> Outcome:
    """What comes of it when *file* is given as the statement of *name*."""
    challenge = capture.ask(capture.people.find(name), replace(TOY_TERMS, uses=USES))
    return capture.take(challenge.id, file)


def failed(outcome: Outcome) -> set[str]:
    return {finding.check.name for finding in outcome.findings if finding.verdict == "failed"}


def passed(outcome: Outcome) -> set[str]:
    return {finding.check.name for finding in outcome.findings if finding.verdict == "passed"}


def test_a_film_of_the_person_saying_it_is_an_agreement(capture: Capture, tmp_path: Path) -> None:
    film = filmed(PERFORMERS / "ava.png", SAYS, tmp_path / "film.mp4")

    outcome = said(capture, "ava", film)

    assert outcome.standing is ChallengeState.GRANTED, outcome.explain()
    assert {finding.verdict for finding in outcome.findings} == {"passed"}


@pytest.mark.parametrize(("name", "still", "fails"), [("ben", False, {"face"}), ("ava", True, {"lips"})])
def test_another_face_or_a_photograph_is_told_from_her_speaking(
    name: str, still: bool, fails: set[str], tmp_path: Path
) -> None:
    film = filmed(PERFORMERS / f"{name}.png", SAYS, tmp_path / "film.mp4", seconds=6, still=still)
    recording = intake_door.ingest_recording(film, tmp_path)
    assert recording.pictures

    faces = DefaultAnalyzer().faces(recording.pictures, recording.sound, [PERFORMERS / "ava.png"])

    scores = {"face": max(faces.distances), "lips": faces.lips}
    assert {check for check, score in scores.items() if THRESHOLDS[check].verdict(score) == "failed"} == fails


def test_another_persons_voice_is_refused(capture: Capture) -> None:
    assert {"voice", "voice-second"} <= failed(said(capture, "ben", SAYS))


def test_an_older_recording_without_the_words_of_today_is_refused(capture: Capture) -> None:
    older = tmp_copy(PERFORMERS / "ava_statement.flac", capture, gain=0.9)

    outcome = said(capture, "ava", older)

    assert "passcode" in failed(outcome)
    assert {"voice", "voice-second"} <= passed(outcome)


def test_a_statement_in_our_own_marked_voice_is_refused(capture: Capture, tmp_path: Path) -> None:
    sound, rate = soundfile.read(VOICES / "ava_cloned.flac", dtype="float32")
    marked = tmp_path / "marked.wav"
    soundfile.write(marked, embed_audio_watermark(sound, rate), rate)

    assert failed(said(capture, "ava", marked)) == {"sound-mark"}


def test_without_its_mark_such_a_voice_is_no_pass_either(capture: Capture) -> None:
    outcome = said(capture, "ava", VOICES / "ava_cloned.flac")

    assert outcome.standing is ChallengeState.HELD
    assert "sound-mark" in passed(outcome)  # nothing of the mark is left to be found
    assert not {"voice", "voice-second"} <= passed(outcome)


def test_words_of_today_spliced_onto_an_older_recording_are_found(capture: Capture, tmp_path: Path) -> None:
    older, rate = soundfile.read(SAYS, dtype="float32")
    words = (
        open_base_tts(locate(BASE_VOICE))
        .say("The passcode words are pyramid, dolphin and lantern.")
        .spectra.sound(seed=0)
    )
    soundfile.write(tmp_path / "spliced.wav", np.concatenate([older[: round(-3.5 * rate)], words]), rate)

    outcome = said(capture, "ava", tmp_path / "spliced.wav")

    assert {"passcode"} <= passed(outcome)
    assert {"one-voice", "one-voice-second"} <= failed(outcome)


def tmp_copy(path: Path, capture: Capture, gain: float) -> Path:
    """The same sound at another level: another file, and nothing else about it is new."""
    sound, rate = soundfile.read(path, dtype="float32")
    to = capture.people.keys.parent / "older.wav"
    soundfile.write(to, sound * gain, rate)
    return to
