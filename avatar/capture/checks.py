"""Checks of a consent recording: a score, a threshold and a reason code each. Pure.

Between a pass and a failure lies what no number decides: it is held for a second person. So is whatever could not be
measured. How the numbers were found is written in ``docs/consent.md``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from avatar.capture.challenge import Challenge
from avatar.capture.measurements import FaceMeasurements, Measurements, VoiceMeasurements
from avatar.capture.statement import RECOGNISED_LANGUAGE, language_of
from avatar.consent import Use
from avatar.consent.evidence import Check

CheckVerdict = Literal["passed", "unsure", "failed"]

FACE_USES = frozenset(use for use in Use if use.text.likeness == "face")
VOICE_USES = frozenset(use for use in Use if use.text.likeness == "voice")


class CheckFinding(BaseModel):
    """A check, and what follows from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: Check
    verdict: CheckVerdict


@dataclass(frozen=True)
class Threshold:
    """A score is a pass up to *passes* and a failure from *fails* on (downwards, if *passes* is the higher one)."""

    passes: float
    fails: float

    def verdict(self, score: float | None) -> CheckVerdict:
        if score is None:
            return "unsure"
        sign = 1 if self.passes <= self.fails else -1
        if sign * score <= sign * self.passes:
            return "passed"
        return "unsure" if sign * score < sign * self.fails else "failed"


# Measured on the synthetic performers (docs/consent.md): clean speech of the same voice scores 0.93 and more with both
# encoders, another voice 0.90 and 0.88 at most, a voice that our own engine learned 0.87 and 0.88.
THRESHOLDS = {
    "transcript": Threshold(0.15, 0.45),  # word error rate
    "passcode": Threshold(3, 1),  # words heard, in order
    "voice": Threshold(0.91, 0.70),
    "voice-second": Threshold(0.91, 0.62),
    "one-voice": Threshold(0.85, 0.70),
    "one-voice-second": Threshold(0.79, 0.55),
    "face": Threshold(0.45, 0.55),
    "face-seen": Threshold(0.90, 0.50),
    "one-face": Threshold(1, 3),
    "lips": Threshold(0.35, 0.05),
    "sound-mark": Threshold(0.30, 0.50),
    "fresh": Threshold(0, 1),
}
REASON_CODES = {
    "length": "capture.length",
    "transcript": "capture.transcript",
    "passcode": "capture.passcode",
    "voice": "capture.voice",
    "voice-second": "capture.voice",
    "one-voice": "capture.spliced",
    "one-voice-second": "capture.spliced",
    "face": "capture.face",
    "face-seen": "capture.no-face",
    "one-face": "capture.two-faces",
    "lips": "capture.still-lips",
    "sound-mark": "capture.synthetic",
    "fresh": "capture.replayed",
}
_MIN_SECONDS_PER_WORD, _MAX_SECONDS_PER_WORD = (
    0.16,
    1.2,
)  # seconds a word: nobody reads faster, and who reads slower stopped in between
_MAX_SILENCE_S = 10.0  # seconds that may pass before and after


def judge_measurements(
    challenge: Challenge, readings: Measurements, models: dict[str, str]
) -> tuple[CheckFinding, ...]:
    """Return what every check says of *readings*. *models* names what each was measured with."""
    scores = dict(_scores(challenge, readings))
    return (
        _length(challenge, readings.seconds),
        *(_finding(name, score, models.get(name, "")) for name, score in scores.items()),
    )


def worst(findings: Iterable[CheckFinding]) -> CheckVerdict:
    """Return what all *findings* come to: one failure fails, one doubt holds."""
    said = {finding.verdict for finding in findings}
    return "failed" if "failed" in said else "unsure" if "unsure" in said else "passed"


def normalized_words(text: str) -> list[str]:
    """Return the words of *text* in lower case, without marks."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower().replace("’", "'"))


def count_in_order(passcode: Sequence[str], heard: Sequence[str]) -> int:
    """Return how many words of *passcode* are in *heard*, in their order."""
    best = [0] * (len(passcode) + 1)
    for word in heard:
        for place in range(len(passcode), 0, -1):
            if passcode[place - 1].lower() == word:
                best[place] = max(best[place], best[place - 1] + 1)
        for place in range(1, len(passcode) + 1):
            best[place] = max(best[place], best[place - 1])
    return best[-1]


def _scores(challenge: Challenge, readings: Measurements) -> Iterator[tuple[str, float | None]]:
    yield "fresh", float(readings.before)
    yield "sound-mark", readings.mark
    yield from _of_words(challenge, readings)
    uses = set(challenge.terms.uses)
    if readings.voices or uses & VOICE_USES:
        yield from _of_voice(readings.voices)
    if (readings.faces and readings.pictures) or uses & FACE_USES:
        yield from _of_face(readings.faces)


def _of_words(challenge: Challenge, readings: Measurements) -> Iterator[tuple[str, float | None]]:
    if language_of(challenge.locale) != RECOGNISED_LANGUAGE:
        yield from (("transcript", None), ("passcode", None))
        return
    from avatar.voices.recognition.recogniser import word_error_rate

    heard = " ".join(word.text for word in readings.words)
    yield "transcript", word_error_rate(challenge.statement, heard) if heard else 1.0
    yield "passcode", float(count_in_order(challenge.passcode, normalized_words(heard)))


def _of_voice(voices: VoiceMeasurements | None) -> Iterator[tuple[str, float | None]]:
    samples = voices.samples if voices else ()
    yield "voice", min((each.first for each in samples), default=None)
    yield "voice-second", min((each.second for each in samples), default=None)
    parts = voices.parts if voices else None
    yield "one-voice", parts.first if parts else None
    yield "one-voice-second", parts.second if parts else None


def _of_face(faces: FaceMeasurements | None) -> Iterator[tuple[str, float | None]]:
    yield "face", max(faces.distances, default=None) if faces else None
    yield "face-seen", faces.seen if faces else None
    yield "one-face", float(max(1, faces.most)) if faces else None
    yield "lips", faces.lips if faces else None


def _finding(name: str, score: float | None, model: str) -> CheckFinding:
    verdict = THRESHOLDS[name].verdict(score)
    rounded = None if score is None else round(score, 4)
    check = Check(
        name=name,
        model=model,
        score=rounded,
        threshold=THRESHOLDS[name].passes,
        passed=verdict == "passed",
        code=REASON_CODES[name],
    )
    return CheckFinding(check=check, verdict=verdict)


def _length(challenge: Challenge, seconds: float) -> CheckFinding:
    # Japanese is written without spaces: about two characters are one word's worth of time.
    words = max(len(normalized_words(challenge.statement)), len(challenge.statement) // 12)
    least, most = words * _MIN_SECONDS_PER_WORD, words * _MAX_SECONDS_PER_WORD + _MAX_SILENCE_S
    verdict: CheckVerdict = "failed" if seconds < least else "passed" if seconds <= most else "unsure"
    check = Check(
        name="length",
        model="clock",
        score=round(seconds, 2),
        threshold=round(least, 2),
        passed=verdict == "passed",
        code=REASON_CODES["length"],
    )
    return CheckFinding(check=check, verdict=verdict)
