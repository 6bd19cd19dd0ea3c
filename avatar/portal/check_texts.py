"""Texts for the checks of a consent recording: name, finding, advice."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from avatar.capture.challenge import Challenge
from avatar.capture.checks import CheckFinding, CheckVerdict
from avatar.capture.outcome import ChallengeState

HEADINGS = {
    ChallengeState.GRANTED: "You have agreed",
    ChallengeState.HELD: "A person will look at it",
    ChallengeState.REFUSED: "This recording was not accepted",
}
SENTENCES = {
    ChallengeState.GRANTED: "Your agreement is on record, and your receipt is ready.",
    ChallengeState.HELD: "Some checks could not decide by numbers alone. Someone else at the organisation looks at the "
    "recording; until then nothing is agreed.",
    ChallengeState.REFUSED: "Nothing was agreed. You see below what did not pass and what helps; then you can record "
    "it again, with new words.",
}


@dataclass(frozen=True)
class ExplainedCheck:
    """A check for people: its *name*, what it is for, the *advice* when it fails, how to say what was *measured*.

    *share* places a score between 0 and 1, where more is better; without it there is nothing to draw.
    """

    name: str
    meaning: str
    advice: str
    measured: Callable[[float, float], str]
    share: Callable[[float], float] | None = None


def _percent(found: float) -> str:
    return f"{round(100 * found)} %"


def _alike(score: float, threshold: float) -> str:
    return f"{_percent(score)} alike; at least {_percent(threshold)} is needed"


_CHECK_EXPLANATIONS = {
    "fresh": ExplainedCheck(
        "A recording of today",
        "That this very recording was not sent before.",
        "Record the statement anew; an earlier recording is not taken twice.",
        lambda score, _: "Never seen before" if score == 0 else "This recording was sent before",
    ),
    "sound-mark": ExplainedCheck(
        "A human voice",
        "That the sound does not carry the mark of a synthetic voice.",
        "Speak yourself, into the microphone; synthetic speech is not taken as consent.",
        lambda score, most: f"Signs of the mark: {_percent(score)}; up to {_percent(most)} is chance",
        lambda score: 1 - score,
    ),
    "length": ExplainedCheck(
        "Time to read it",
        "That the statement was read at a speed at which people read.",
        "Read the whole statement, without long pauses before or after.",
        lambda score, least: f"{score:.0f} seconds; it takes at least {least:.0f}",
    ),
    "transcript": ExplainedCheck(
        "What you said",
        "That you read the statement, word for word.",
        "Read every word, clearly and not too fast, close to the microphone and without noise around you.",
        lambda score, most: f"{_percent(max(0, 1 - score))} of the words understood; {_percent(1 - most)} is needed",
        lambda score: 1 - score,
    ),
    "passcode": ExplainedCheck(
        "The three words",
        "That you said the three words that were drawn for this recording.",
        "Say the three marked words clearly, in their order.",
        lambda score, needed: f"{score:.0f} of {needed:.0f} heard",
        lambda score: score / 3,
    ),
    "voice": ExplainedCheck(
        "Your voice", "That it is the voice of your samples.", "Speak as in your samples, in a quiet room.",
        _alike, lambda score: score,
    ),
    "voice-second": ExplainedCheck(
        "Your voice, second opinion", "The same, heard by another program.",
        "Speak as in your samples, in a quiet room.", _alike, lambda score: score,
    ),
    "one-voice": ExplainedCheck(
        "One voice throughout",
        "That the words at the end were said by the voice of the beginning.",
        "Read all of it yourself, in one go.",
        _alike,
        lambda score: score,
    ),
    "one-voice-second": ExplainedCheck(
        "One voice, second opinion", "The same, heard by another program.", "Read all of it yourself, in one go.",
        _alike, lambda score: score,
    ),
    "face": ExplainedCheck(
        "Your face",
        "That it is the face of your portrait.",
        "Look straight at the camera, with light from the front and nothing over your face.",
        lambda score, most: f"{_percent(max(0, 1 - score))} alike; at least {_percent(1 - most)} is needed",
        lambda score: 1 - score,
    ),
    "face-seen": ExplainedCheck(
        "Your face, throughout",
        "That your face was to be seen while you spoke.",
        "Stay in the picture from the first word to the last.",
        lambda score, least: f"Seen {_percent(score)} of the time; at least {_percent(least)} is needed",
        lambda score: score,
    ),
    "one-face": ExplainedCheck(
        "You alone",
        "That nobody else was in the picture.",
        "See that no other face, nor a picture of one, is in view.",
        lambda score, _: "One face" if score <= 1 else f"{score:.0f} faces",
    ),
    "lips": ExplainedCheck(
        "Your lips",
        "That your mouth moved with your words.",
        "Hold nothing before your mouth, and speak while the camera runs.",
        lambda score, least: f"{_percent(max(0, score))} together; at least {_percent(least)} is needed",
        lambda score: score,
    ),
}  # fmt: skip


_VERDICT_LABELS: dict[CheckVerdict, str] = {
    "failed": "Not passed",
    "unsure": "A person looks at it",
    "passed": "Passed",
}


def explain_findings(findings: Iterable[CheckFinding]) -> list[dict[str, Any]]:
    """Return what a page says of *findings*, what needs attention first."""
    return sorted(map(_explained, findings), key=lambda row: [*_VERDICT_LABELS].index(row["verdict"]))


def _explained(finding: CheckFinding) -> dict[str, Any]:
    check, verdict = finding.check, finding.verdict
    known = _CHECK_EXPLANATIONS.get(check.name) or _unknown(check.name)
    row: dict[str, Any] = {
        "name": known.name,
        "meaning": known.meaning,
        "verdict": verdict,
        "said": _VERDICT_LABELS[verdict],
        "code": check.code,
        "advice": known.advice if verdict == "failed" else "",
        "bar": None,
    }
    if check.score is None:
        return {**row, "measured": "It could not be measured, so a person looks at it."}
    if known.share:
        share, limit = (round(100 * min(1.0, max(0.0, known.share(each)))) for each in (check.score, check.threshold))
        row["bar"] = {"score": share, "threshold": min(limit, 99)}
    return {**row, "measured": known.measured(check.score, check.threshold)}


def _unknown(name: str) -> ExplainedCheck:
    words = name.replace("-", " ").capitalize()
    return ExplainedCheck(
        words, "", "Record it again.", lambda score, limit: f"Measured {score:g}; the limit is {limit:g}"
    )


@dataclass(frozen=True)
class Part:
    """A piece of the statement, and whether it is one of the words drawn for it."""

    text: str
    word: bool


def highlight_passcode(challenge: Challenge) -> Iterator[Part]:
    """Give the statement of *challenge* in pieces, its passcode words marked where they are asked for: at the end."""
    text, parts = challenge.statement, []
    for word in reversed(challenge.passcode):
        found = [*re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)]
        at = found[-1].start() if found else text.rfind(word)
        if at >= 0:
            parts += [Part(text[at + len(word) :], False), Part(text[at : at + len(word)], True)]
            text = text[:at]
    yield from reversed([*parts, Part(text, False)])
