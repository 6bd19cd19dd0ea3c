"""Collect a request's claims from stored manifests: whose samples, for which uses, with which words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from avatar.artifacts.manifest import Manifest
from avatar.artifacts.store import Store
from avatar.consent.claims import Claim
from avatar.consent.uses import Use


@dataclass(frozen=True, eq=False)
class CollectedClaims:
    """The *manifests*, by digest, of what a request is given and of all that came before it; and what they say.

    *claims* are on every sample in it, *spoken* and *displayed* the words of the work that made it.
    """

    manifests: Mapping[str, Manifest]
    claims: frozenset[Claim]
    spoken: frozenset[str]
    displayed: frozenset[str]


def collect_claims(store: Store, inputs: tuple[str, ...], use: Use | None) -> CollectedClaims:
    """Return the material of a request that puts the artifacts of *store* named *inputs* to *use*.

    Raises:
        ConsentError: ``consent.erased``; someone's key is gone, and with it what is known of who is in it.
    """
    # From the stored manifests, never from the handles: a handle can be made by anyone.
    manifests = store.ancestry(*inputs)
    work = [manifest.work for manifest in manifests.values() if manifest.work]
    return CollectedClaims(
        manifests,
        claims=frozenset(_claims(inputs, use, manifests)),
        spoken=frozenset(text for each in work for text in each.said),
        displayed=frozenset(text for each in work for text in each.shown),
    )


def _claims(inputs: tuple[str, ...], use: Use | None, manifests: Mapping[str, Manifest]) -> Iterator[Claim]:
    for digest in inputs:
        yield from _claims_on(digest, use, manifests)
    # A result embodies every use that went into it: taking back one of them takes back what it made.
    for digest, manifest in manifests.items():
        if manifest.work and manifest.work.use:
            yield from _claims_on(digest, Use(manifest.work.use), manifests)


def _claims_on(digest: str, use: Use | None, manifests: Mapping[str, Manifest]) -> Iterator[Claim]:
    """Claim *use* of every sample that the artifact *digest* derives from, of the person who brought it."""
    seen, waiting = set(), [digest]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        manifest = manifests[name]
        waiting += manifest.inputs
        if manifest.work is None:
            main = next(iter(sorted(manifest.parts, key=_sample_first)))
            for person in manifest.people:
                yield Claim(person, use, manifest.parts[main], name)


def _sample_first(part: str) -> bool:
    # The likeness is the sound or the picture; a transcript is only what was said, a credential what is said of it.
    return part.endswith((".txt", ".json", ".c2pa"))
