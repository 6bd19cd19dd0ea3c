"""Parse the C2PA library's report strictly: everything it quotes is untrusted."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ValidationStatus(_Part):
    """One finding, by its C2PA status code."""

    code: str


class Results(_Part):
    """The findings on one manifest."""

    success: tuple[ValidationStatus, ...] = ()
    informational: tuple[ValidationStatus, ...] = ()
    failure: tuple[ValidationStatus, ...] = ()


class Validation(_Part):
    """The findings on the active manifest."""

    activeManifest: Results = Results()  # noqa: N815  (the report's own spelling)


class SignatureInfo(_Part):
    """Who signed: the *issuer* is the organisation in the signer's certificate."""

    common_name: str = "nobody"
    issuer: str = "no organisation"
    cert_serial_number: int = -1
    time: str | None = None


class Agent(_Part):
    """The software that did something."""

    name: str
    version: str = ""


class Done(_Part):
    """One action."""

    action: str
    digitalSourceType: str = ""  # noqa: N815  (the report's own spelling)
    softwareAgent: Agent = Agent(name="unknown")  # noqa: N815
    description: str = ""


class Actions(_Part):
    """An actions assertion."""

    actions: tuple[Done, ...] = ()


class Assertion(_Part):
    """One assertion, its data not yet looked at."""

    label: str
    data: JsonValue = None


class Claimed(_Part):
    """One manifest of the file."""

    title: str = ""
    signature_info: SignatureInfo = SignatureInfo()
    assertions: tuple[Assertion, ...] = ()

    def only(self, label: str) -> JsonValue:
        """Return the data of the one assertion *label*; none and several are both ``None``."""
        found = [each.data for each in self.assertions if each.label == label]
        return found[0] if len(found) == 1 else None


class Report(_Part):
    """The report on a file: its manifests by label, the active one first looked at."""

    active_manifest: str
    manifests: dict[str, Claimed]
    validation_state: str
    validation_results: Validation = Validation()


def buried_failures(report: Any) -> tuple[str, ...]:
    """Return the codes of all failures in *report* (JSON) that are not the active manifest's own, at any depth.

    The library calls a file trusted whose ingredients are not.
    """
    return tuple(
        dict.fromkeys(_failures({**report, "validation_results": _elsewhere(report), "validation_status": None}))
    )


def _elsewhere(report: Any) -> dict[str, Any]:
    return {key: value for key, value in report.get("validation_results", {}).items() if key != "activeManifest"}


def _failures(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name in ("failure", "validation_status"):
            yield from (status["code"] for status in node.get(name) or ())
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _failures(each)
