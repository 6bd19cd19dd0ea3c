"""Build the C2PA statement of a video from its manifests: no file, no key, no clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from avatar.artifacts.manifest import Manifest, seed_of
from avatar.consent.claims import LedgerPosition
from avatar.consent.uses import Use
from avatar.errors import CredentialError
from avatar.provenance.assertion import (
    ACTIONS_LABEL,
    ASSERTION_LABEL,
    BINDING_ALGORITHM,
    BINDING_LABEL,
    Appearance,
    Decided,
    Disclosure,
    Step,
)
from avatar.stages.c2pa_action import ALGORITHMIC, COMPOSITE, SYNTHETIC, C2paAction

Ancestry = Mapping[str, Manifest]
Json = dict[str, Any]
Actions = Mapping[str, C2paAction | None]  # kind of work -> how it is told; None: it touched no picture and no sound

SPECIFICATION = "2.4.0"
_GENERATOR = "avatar-pipeline"


@dataclass(frozen=True)
class Agreement:
    """The *grants* (digests) that a publication stands on, and the place in the ledger *at* which they stood."""

    grants: tuple[str, ...]
    at: LedgerPosition


# C2PA 2.4: bound marks lead to a credential, unbound ones only say that there is a mark.
_MARKS = (
    ("bound", "An imperceptible mark that names the shot was put into the picture."),
    ("unbound", "An imperceptible mark that says it is synthetic was put into the sound."),
)
_BROUGHT = {
    "Image": ("Portrait", "image/png"),
    "Audio": ("Voice sample", "audio/wav"),
    "Voiceover": ("Voice-over", "audio/wav"),
}
_FOOTAGE = ("Footage", "video/mp4")
_REAL = {"Voiceover"}  # what was recorded, and is heard as it was


def build_statement(  # noqa: PLR0913 - what a credential is made of
    video: str, ancestry: Ancestry, agreement: Agreement, actions: Actions, *, release: str, title: str = ""
) -> Json:
    """Return the C2PA manifest definition (claim v2) of the artifact *video*, made by our *release*.

    *actions* says how each kind of work is told.

    Raises:
        CredentialError: *ancestry* has a gap, or work of a kind that *actions* does not have, or names someone by
            anything but a random id.
    """
    ours = {"name": _GENERATOR, "version": release}
    lineage = dict(_lineage(video, ancestry))
    definition = {
        "claim_version": 2,
        "claim_generator_info": [ours | {"specVersion": SPECIFICATION}],
        "ingredients": [_ingredient(digest, manifest) for digest, manifest in _brought(lineage).items()],
        "assertions": [
            _assertion(ACTIONS_LABEL, {"actions": _told(lineage, actions, ours), "allActionsIncluded": True}),
            # As JSON, not CBOR: auditors read it with any tool.
            _assertion(ASSERTION_LABEL, _disclose(video, lineage, agreement).model_dump(mode="json"))
            | {"kind": "Json"},
            _assertion(BINDING_LABEL, _bound(lineage, actions)),
        ],
    }
    return definition | ({"title": title} if title else {})


def with_shots(said: Json, shots: Iterable[int]) -> Json:
    """Return the statement *said* with its soft binding widened to all *shots* that were read in the picture.

    Given footage may have come out of an earlier production: its marks stay in it, and are told like our own.
    """
    bound = next(each["data"] for each in said["assertions"] if each["label"] == BINDING_LABEL)
    values = dict.fromkeys([*(block["value"] for block in bound["blocks"]), *(f"{shot:08x}" for shot in shots)])
    widened = _assertion(BINDING_LABEL, bound | {"blocks": [_block(value) for value in values]})
    return said | {"assertions": [widened if each["label"] == BINDING_LABEL else each for each in said["assertions"]]}


def _assertion(label: str, data: Json) -> Json:
    # "created": the claim generator vouches for it itself, it did not gather it from somewhere.
    return {"label": label, "created": True, "data": data}


def _lineage(video: str, ancestry: Ancestry) -> Iterator[tuple[str, Manifest]]:
    """Yield *video* and all it was made from, what was made first first."""
    seen: set[str] = set()
    waiting = [(video, False)]
    while waiting:
        digest, grown = waiting.pop()
        if grown:
            yield digest, ancestry[digest]
        elif digest not in seen:
            seen.add(digest)
            waiting.append((digest, True))
            waiting += [(each, False) for each in reversed(_manifest(digest, ancestry).inputs)]


def _manifest(digest: str, ancestry: Ancestry) -> Manifest:
    if digest not in ancestry:
        raise CredentialError(
            f"the manifest {digest} is missing: the video cannot say where it comes from",
            code="credential.ancestry-gap",
        )
    return ancestry[digest]


def _brought(lineage: Ancestry) -> Ancestry:
    return {digest: manifest for digest, manifest in lineage.items() if manifest.work is None}


def _ingredient(digest: str, manifest: Manifest) -> Json:
    # By digest, without the file or a thumbnail of it: a sample is its person's, and leaves with nobody.
    title, media_type = _BROUGHT.get(manifest.kind, _FOOTAGE)
    return {"title": title, "format": media_type, "instance_id": _name(digest), "relationship": "inputTo"}


def _name(digest: str) -> str:
    return f"urn:avatar-pipeline:artifact:{digest}"


def _told(lineage: Ancestry, actions: Actions, ours: Json) -> list[Json]:
    brought = _brought(lineage)
    filmed = any(manifest.kind not in _BROUGHT for manifest in brought.values())
    real = filmed or any(manifest.kind in _REAL for manifest in brought.values())
    created = {
        "action": "c2pa.created",
        "digitalSourceType": COMPOSITE if real else SYNTHETIC,
        "softwareAgent": ours,
        "description": "A talking video of consenting people was made from their enrolled material.",
        "parameters": {"ingredientIds": [_name(digest) for digest in brought]},
    }
    steps = [(step, _action_of(step.request, actions)) for step in _steps(lineage)]
    done = (_action(step, action, filmed) for step, action in steps if action)
    return [created, *done, *(_watermarked(kind, sentence, ours) for kind, sentence in _MARKS)]


def _action_of(request: str, actions: Actions) -> C2paAction | None:
    if request not in actions:
        # All actions are included: what nobody can describe must not be left out, nor told by a guess.
        raise CredentialError(
            f"the video was made by work of the kind {request!r}, which nobody described; run the production again",
            code="credential.unknown-work",
        )
    return actions[request]


def _action(step: Step, told: C2paAction, filmed: bool) -> Json:
    # What is added to the picture of given footage makes a composite of the two; the speech is synthetic throughout.
    mixed = filmed and told.source == SYNTHETIC and told.action != "c2pa.dubbed"
    return {
        "action": told.action,
        "digitalSourceType": COMPOSITE if mixed else told.source,
        "softwareAgent": {"name": step.engine, "version": str(step.version)},
        "description": told.sentence,
    }


def _watermarked(kind: str, sentence: str, ours: Json) -> Json:
    action = f"c2pa.watermarked.{kind}"
    return {"action": action, "digitalSourceType": ALGORITHMIC, "softwareAgent": ours, "description": sentence}


def _bound(lineage: Ancestry, actions: Actions) -> Json:
    """Return the soft binding: whoever reads one of these numbers in a picture has found what this credential told."""
    works = [manifest.work for manifest in lineage.values() if manifest.work]
    told = [(work.recipe, _action_of(work.request, actions)) for work in works]
    recipes = [recipe for recipe, action in told if action and action.marks_picture]
    return {"alg": BINDING_ALGORITHM, "blocks": [_block(f"{seed_of(recipe):08x}") for recipe in recipes], "pad": []}


def _block(value: str) -> Json:
    return {"scope": {}, "value": value}


def _steps(lineage: Ancestry) -> tuple[Step, ...]:
    """Group the work by kind and engine: a script of a hundred lines is told like a script of one."""
    groups: dict[tuple[str, str, int], dict[str, None]] = {}
    for work in (manifest.work for manifest in lineage.values() if manifest.work):
        groups.setdefault((work.request, work.engine, work.version), {})[work.recipe] = None
    return tuple(Step(request=r, engine=e, version=v, recipes=tuple(recipes)) for (r, e, v), recipes in groups.items())


def _disclose(video: str, lineage: Ancestry, agreement: Agreement) -> Disclosure:
    people = sorted({person for manifest in lineage.values() for person in manifest.people})
    at = agreement.at
    try:
        return Disclosure(
            video=video,
            people=tuple(_appearance(person, lineage) for person in people),
            grants=tuple(sorted(agreement.grants)),
            decided=Decided(origin=at.origin, index=at.index, digest=at.digest),
            steps=_steps(lineage),
        )
    except ValidationError as error:
        # Not the values themselves: what is no random id may be a name.
        fields = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
        raise CredentialError(
            f"the credential may hold only random ids and digests; this is neither: {fields}",
            code="credential.not-an-id",
        ) from None


def _appearance(person: str, lineage: Ancestry) -> Appearance:
    theirs = {digest: manifest for digest, manifest in lineage.items() if person in manifest.people}
    uses = {Use(manifest.work.use) for manifest in theirs.values() if manifest.work and manifest.work.use}
    return Appearance(person=person, uses=tuple(sorted(uses | {Use.PUBLISH})), material=tuple(_brought(theirs)))
