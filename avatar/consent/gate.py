"""The one place that says yes."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.manifest import Manifest
from avatar.artifacts.store import Store
from avatar.consent._clearance import Cleared, mint
from avatar.consent.brief import Brief
from avatar.consent.claims import Askable, Claim, Use
from avatar.consent.decide import Deny, Output, Permit, Question, decide
from avatar.consent.entries import Refused
from avatar.consent.ledger import Ledger, now
from avatar.consent.state import State
from avatar.errors import ConsentError

R = TypeVar("R", bound=Askable)


class Gate:
    """Clears a request once everyone in its material has agreed to its use."""

    def __init__(self, ledger: Ledger, store: Store, clock: Callable[[], datetime] = now) -> None:
        self._ledger = ledger
        self._store = store
        self._clock = clock

    def clear(self, request: R, brief: Brief, output: Output | None = None) -> Cleared[R]:
        """Check every claim *request* makes, now, against the ledger; and *output*, if it is about to leave.

        Raises:
            ConsentError: someone has not agreed; the sentence says who, to what, and what to do. It is recorded.
        """
        at, state = self._ledger.head()
        try:
            verdict = self._doubt(request, state) or decide(
                self._question(request, brief, output, state), state, self._clock()
            )
        except ConsentError as error:  # material whose people cannot be asked about: someone's key is gone
            verdict = Deny("", "consent.erased", str(error))
        return mint(request, self._grants(verdict, type(request).__name__), at)

    def foresee(self, uses: Iterable[tuple[Use, Artifact]], brief: Brief, shown: Iterable[str] = ()) -> None:
        """Check whether work that makes *uses* of these samples would be cleared now, so that a no comes early.

        It permits nothing: every request is still cleared when its time comes.

        Raises:
            ConsentError: as ``clear``.
        """
        try:
            claims = frozenset(
                claim
                for use, sample in uses
                for claim in _claims_on(sample.digest, use, self._store.ancestry(sample.digest))
            )
            said, shown = frozenset(brief.script), frozenset(shown)
            question = Question(claims, brief, said, shown, operator=self._ledger.operator)
            verdict = decide(question, self._ledger.read(), self._clock())
        except ConsentError as error:
            verdict = Deny("", "consent.erased", str(error))
        self._grants(verdict, "Production")

    def _grants(self, verdict: Permit | Deny, request: str) -> tuple[str, ...]:
        if isinstance(verdict, Permit):
            return verdict.grants
        people = (verdict.person,) if verdict.person else ()
        self._ledger.append(Refused(code=verdict.code, request=request, people=people))
        raise ConsentError(verdict.sentence, code=verdict.code)

    def _doubt(self, request: Askable, state: State) -> Deny | None:
        # A manifest names its own people. It is believed only if the signed ledger says that the studio made it; and
        # one that names nobody would slip past every question about the others.
        for artifact in request.inputs():
            for digest, manifest in self._store.ancestry(artifact.digest).items():
                what = f"the {manifest.kind} {digest[:12]}"
                if not manifest.people:
                    return Deny("", "consent.nobody", f"{what} shows nobody: there is no one who could have agreed")
                if manifest.work and digest not in state.made:
                    sentence = f"{what} is not in the ledger, so who is in it is unknown"
                    return Deny("", "consent.unrecorded", f"{sentence}; run the production again to make it anew")
        return None

    def _question(self, request: Askable, brief: Brief, output: Output | None, state: State) -> Question:
        ancestry: dict[str, Manifest] = {}
        for artifact in request.inputs():
            ancestry |= self._store.ancestry(artifact.digest)
        work = [manifest.work for manifest in ancestry.values() if manifest.work]
        return Question(
            frozenset(self._claims(request)),
            brief,
            said=frozenset(_words(request.said, *(each.said for each in work))),
            shown=frozenset(_words(request.shown, *(each.shown for each in work))),
            authors=frozenset(state.made[digest] for digest in ancestry if digest in state.made),
            operator=self._ledger.operator,
            output=output,
        )

    def _claims(self, request: Askable) -> Iterator[Claim]:
        # From the stored manifests, never from the handles: a handle can be made by anyone.
        for artifact in request.inputs():
            ancestry = self._store.ancestry(artifact.digest)
            yield from _claims_on(artifact.digest, request.use, ancestry)
            # A result embodies every use that went into it: taking back one of them takes back what it made.
            for digest, manifest in ancestry.items():
                if manifest.work and manifest.work.use:
                    yield from _claims_on(digest, Use(manifest.work.use), ancestry)


def _words(*texts: tuple[str, ...]) -> Iterator[str]:
    return (text for some in texts for text in some if text)


def _claims_on(digest: str, use: Use | None, ancestry: dict[str, Manifest]) -> Iterator[Claim]:
    """Claim *use* of every sample that the artifact *digest* derives from, of the person who brought it."""
    seen, waiting = set(), [digest]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        manifest = ancestry[name]
        waiting += manifest.inputs
        if manifest.work is None:
            main = next(iter(sorted(manifest.parts, key=_sample_first)))
            for person in manifest.people:
                yield Claim(person, use, manifest.parts[main], name)


def _sample_first(part: str) -> bool:
    # The likeness is the sound or the picture; a transcript is only what was said, a credential what is said of it.
    return part.endswith((".txt", ".json", ".c2pa"))
