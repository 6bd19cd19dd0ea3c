"""The outcome of a challenge: recording, findings, decision."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from avatar.capture.checks import CheckFinding
from avatar.consent.vocabulary import Digest


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChallengeState(StrEnum):
    """How far a challenge has come."""

    OPEN = "open"  # asked, and not yet answered
    EXPIRED = "expired"
    BROKEN_OFF = "broken-off"  # a recording was taken, and the process ended before it was judged
    HELD = "held"  # for a second person
    GRANTED = "granted"
    REFUSED = "refused"


class RecordingTaken(_Kept):
    """That a recording was taken for a challenge, by whom: there is only ever one."""

    by: str
    at: AwareDatetime
    sound: Digest
    film: Digest | None


class Outcome(_Kept):
    """What the checks found in the recording of a challenge, and what followed."""

    challenge: Digest
    standing: ChallengeState
    findings: tuple[CheckFinding, ...]
    assets: tuple[Digest, ...]  # the samples that it was compared with
    grant: Digest | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason codes of every check that was not passed, each once."""
        return tuple(dict.fromkeys(f.check.code for f in self.findings if f.verdict != "passed"))

    def explain(self) -> str:
        """Return one line a check: its score, what it was held against, and its reason code if it did not pass."""
        rows = []
        for finding in self.findings:
            check = finding.check
            score = "not measured" if check.score is None else f"{check.score:g}"
            said = "" if finding.verdict == "passed" else f"  [{check.code}]"
            rows.append(f"{check.name:<17} {finding.verdict:<7} {score} (threshold {check.threshold:g}){said}")
        return "\n".join(rows)


class Reviewed(_Kept):
    """That a second operator looked at a held recording, and what they decided."""

    by: str
    at: AwareDatetime
    accepted: bool
    grant: Digest | None = None
