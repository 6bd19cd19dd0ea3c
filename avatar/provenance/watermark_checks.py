"""Cross-check watermarks and credential of a file; contradictions become reasons."""

from collections.abc import Iterator
from dataclasses import replace

from avatar.provenance.credential import Credential
from avatar.provenance.verdict import Reason, Verdict
from avatar.watermark.verify import Watermarks

_BOUND_ACTION = "c2pa.watermarked.bound"
_SYNTHETIC_SOURCE_TYPES = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")


def with_marks(verdict: Verdict, marks: Watermarks) -> Verdict:
    """Return *verdict* with the *marks* that were found in the file, and a reason for each contradiction."""
    credential = verdict.credential
    doubts = _contradictions(credential, marks) if credential else _stripped(marks)
    return replace(verdict, marks=marks, reasons=(*verdict.reasons, *doubts))


def _stripped(marks: Watermarks) -> Iterator[Reason]:
    if marks.found:
        yield Reason(
            "mark.without-credential",
            "It carries a mark of synthetic media, and no credential that can be read says so.",
        )


def _contradictions(credential: Credential, marks: Watermarks) -> Iterator[Reason]:
    if _BOUND_ACTION in {action.name for action in credential.actions} and not (
        marks.picture.found and marks.sound.found
    ):
        yield Reason("mark.missing", "The credential says that picture and sound are marked, and a mark is missing.")
    if marks.found and not any(action.source in _SYNTHETIC_SOURCE_TYPES for action in credential.actions):
        yield Reason(
            "mark.contradicts-source",
            "A mark says that this is synthetic media, and the credential calls it otherwise.",
        )
    foreign = sorted({f"{shot:08x}" for shot in marks.picture.shots} - credential.shots)
    if foreign:
        yield Reason(
            "mark.contradicts",
            f"The picture carries the numbers of shots that the credential does not know: {', '.join(foreign)}.",
        )
