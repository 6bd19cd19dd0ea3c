"""Read the C2PA credential of a file with the C2PA library; nothing is fetched."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from avatar.errors import CredentialError
from avatar.provenance.assertion import ACTIONS_LABEL, ASSERTION_LABEL, BINDING_LABEL, Binding, Disclosure
from avatar.provenance.report import Actions, Claimed, Done, Report, buried_failures
from avatar.provenance.trust import Trust

Json = dict[str, Any]

MP4 = "video/mp4"

_DAMAGED_SENTENCE = "the file or its credential is damaged and cannot be read"


@dataclass(frozen=True)
class Action:
    """One thing that was done: its C2PA *name*, by which *software*, and the last word of its *source* type."""

    name: str
    software: str
    source: str
    sentence: str


@dataclass(frozen=True)
class Credential:
    """What a file's credential says, and what the library found when it checked it.

    *failures* are the C2PA status codes of what is wrong with it; *ingredient_failures* of what is wrong with anything
    it was made from, at any depth. *serial* is the signer's certificate's; *shots* are the numbers, in hexadecimal,
    that the mark in its picture may show.
    """

    state: str
    failures: tuple[str, ...]
    ingredient_failures: tuple[str, ...]
    notes: frozenset[str]
    signer: str
    serial: int
    time: str | None
    title: str
    actions: tuple[Action, ...]
    disclosure: Disclosure | None
    shots: frozenset[str] = frozenset()


def settings(roots: str) -> Json:
    """Return the library's settings: trust *roots* (PEM) alone, reach for nothing, show no thumbnails."""
    return {
        "version": 1,
        # The library follows URLs that it finds in media: a stranger's file could make us call anyone.
        "verify": {
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
            "verify_trust": True,
            "verify_after_sign": False,  # we verify ourselves, once the last byte is written
        },
        "trust": {"trust_anchors": roots},
        "builder": {"thumbnail": {"enabled": False}},
    }


def read_credential(path: Path, trust: Trust) -> Credential:
    """Return the credential in the mp4 at *path*.

    Raises:
        CredentialError: there is none (``credential.missing``), or it is damaged beyond reading.
    """
    import c2pa

    try:
        # Objects of this library are not safe to share between threads: they live and die here.
        with (
            path.open("rb") as file,
            c2pa.Context.from_dict(settings(trust.roots)) as context,
            c2pa.Reader(MP4, file, context=context) as reader,
        ):
            report = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound as error:
        raise CredentialError("the file carries no credential", code="credential.missing") from error
    except c2pa.C2paError as error:
        raise CredentialError(
            "the file or its credential is damaged and cannot be read", code="credential.unreadable"
        ) from error
    try:
        return _credential(report)
    except (ValidationError, LookupError, TypeError, AttributeError) as error:
        raise CredentialError(_DAMAGED_SENTENCE, code="credential.unreadable") from error


def _credential(raw: Json) -> Credential:
    report = Report.model_validate(raw)
    manifest, results = report.manifests[report.active_manifest], report.validation_results.activeManifest
    signature = manifest.signature_info
    return Credential(
        state=report.validation_state,
        failures=tuple(status.code for status in results.failure),
        ingredient_failures=buried_failures(raw),
        notes=frozenset(status.code for status in (*results.success, *results.informational)),
        signer=f"{signature.common_name} ({signature.issuer})",
        serial=signature.cert_serial_number,
        time=signature.time,
        title=manifest.title,
        actions=tuple(_action(done) for done in Actions.model_validate(manifest.only(ACTIONS_LABEL) or {}).actions),
        disclosure=_disclosure(manifest),
        shots=frozenset(block.value for block in Binding.model_validate(manifest.only(BINDING_LABEL) or {}).blocks),
    )


def _action(done: Done) -> Action:
    agent = done.softwareAgent
    source = done.digitalSourceType.rpartition("/")[2]
    return Action(done.action, f"{agent.name} {agent.version}".strip(), source, done.description)


def _disclosure(manifest: Claimed) -> Disclosure | None:
    try:
        return Disclosure.model_validate(manifest.only(ASSERTION_LABEL))
    except ValidationError:
        return None
