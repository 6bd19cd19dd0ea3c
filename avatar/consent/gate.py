"""The gate: the only place that clears a request."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeVar

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.store import Store
from avatar.consent._clearance import Cleared, mint
from avatar.consent.brief import Brief
from avatar.consent.claim_collection import CollectedClaims, collect_claims
from avatar.consent.claims import Claim, Clearable
from avatar.consent.decide import Deny, Output, Permit, Question, decide, objections
from avatar.consent.entries import Refused
from avatar.consent.ledger import Ledger, now
from avatar.consent.state import State
from avatar.consent.uses import Use
from avatar.errors import ConsentError

R = TypeVar("R", bound=Clearable)

_CACHED_REQUESTS = 256  # requests that are asked about at the same time, and more


class Gate:
    """Clears a request once everyone in its material has agreed to its use."""

    def __init__(self, ledger: Ledger, store: Store, clock: Callable[[], datetime] = now) -> None:
        self._ledger = ledger
        self._clock = clock
        # Who asks four times a second asks about the same manifests, which never change. Consent is never remembered.
        self._material = lru_cache(_CACHED_REQUESTS)(partial(collect_claims, store))

    def clear(self, request: R, brief: Brief, output: Output | None = None) -> Cleared[R]:
        """Check every claim *request* makes, now, against the ledger; and *output*, if it is about to leave.

        Raises:
            ConsentError: someone has not agreed; the sentence says who, to what, and what to do. It is recorded.
        """
        at, state = self._ledger.head()
        try:
            material = self._material(_inputs_of(request), request.use)
            verdict = self._doubt(material, state) or decide(
                self._question(request, material, brief, output, state), state, self._clock()
            )
        except ConsentError as error:  # material whose people cannot be asked about: someone's key is gone
            verdict = Deny("", "consent.erased", str(error))
        return mint(request, self._grants(verdict, type(request).__name__), at)

    def foresee(self, uses: Iterable[tuple[Use, Artifact]], brief: Brief, displayed: Iterable[str] = ()) -> None:
        """Check whether work that makes *uses* of these samples would be cleared now, so that a no comes early.

        It permits nothing: every request is still cleared when its time comes.

        Raises:
            ConsentError: as ``clear``.
        """
        try:
            verdict = decide(self._foreseen(uses, brief, displayed), self._ledger.read(), self._clock())
        except ConsentError as error:
            verdict = Deny("", "consent.erased", str(error))
        self._grants(verdict, "Production")

    def objections(
        self, uses: Iterable[tuple[Use, Artifact]], brief: Brief, displayed: Iterable[str] = ()
    ) -> tuple[tuple[Claim, Deny], ...]:
        """Return everything that ``foresee`` would refuse, all at once: whose claim, and what is missing.

        It permits nothing, and records nothing: whoever plans asks for themselves, and uses nobody's likeness.

        Raises:
            ConsentError: ``consent.erased``; someone's key is gone, and with it what is known of who is in it.
        """
        question = self._foreseen(uses, brief, displayed)
        return objections(question, self._ledger.read(), self._clock())

    def _foreseen(self, uses: Iterable[tuple[Use, Artifact]], brief: Brief, displayed: Iterable[str]) -> Question:
        claims = frozenset(claim for use, sample in uses for claim in self._material((sample.digest,), use).claims)
        return Question(claims, brief, frozenset(brief.script), frozenset(displayed), operator=self._ledger.operator)

    def _grants(self, verdict: Permit | Deny, request: str) -> tuple[str, ...]:
        if isinstance(verdict, Permit):
            return verdict.grants
        people = (verdict.person,) if verdict.person else ()
        self._ledger.append(Refused(code=verdict.code, request=request, people=people))
        raise ConsentError(verdict.sentence, code=verdict.code)

    def _doubt(self, material: CollectedClaims, state: State) -> Deny | None:
        # A manifest names its own people. It is believed only if the signed ledger says that the studio made it; and
        # one that names nobody would slip past every question about the others.
        for digest, manifest in material.manifests.items():
            what = f"the {manifest.kind} {digest[:12]}"
            if not manifest.people:
                return Deny("", "consent.nobody", f"{what} shows nobody: there is no one who could have agreed")
            if manifest.work and digest not in state.made:
                sentence = f"{what} is not in the ledger, so who is in it is unknown"
                return Deny("", "consent.unrecorded", f"{sentence}; run the production again to make it anew")
        return None

    def _question(
        self, request: Clearable, material: CollectedClaims, brief: Brief, output: Output | None, state: State
    ) -> Question:
        return Question(
            material.claims,
            brief,
            spoken=frozenset(filter(None, (*request.spoken_text, *material.spoken))),
            displayed=frozenset(filter(None, (*request.displayed_text, *material.displayed))),
            authors=frozenset(state.made[digest] for digest in material.manifests if digest in state.made),
            operator=self._ledger.operator,
            output=output,
        )


def _inputs_of(request: Clearable) -> tuple[str, ...]:
    return tuple(artifact.digest for artifact in request.inputs())
