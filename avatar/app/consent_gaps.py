"""Which agreements a production lacks: what the gate would refuse, person by person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from shlex import quote

from avatar.app.context import AppContext
from avatar.app.missing import Missing, UsesOf, grant_command, is_stand_in
from avatar.consent.brief import Brief
from avatar.consent.claims import Claim
from avatar.consent.decide import Deny
from avatar.consent.uses import Use
from avatar.errors import ConsentError
from avatar.people.directory import Person
from avatar.production.production import DryRun, Production

# What a new grant would not mend, and what does instead; "" where only other words or other people do.
_OTHER_FIXES = {
    "consent.erased": "",
    "consent.foreign-asset": "avatar enroll {alias} --portrait FILE --voice FILE",
    "consent.suspended": "avatar consent resume {alias}",
    "consent.not-reconfirmed": "avatar consent reconfirm {alias}",
    "consent.script-not-reviewed": "avatar approve --script {script}",
    "consent.topics-unknown": "",
    "consent.disguised-words": "",
    "consent.denied-topic": "",
}


@dataclass
class Gaps:
    """What is *missing*, and the uses among it that a grant would give (*open*)."""

    missing: list[Missing] = field(default_factory=list)
    open: list[UsesOf] = field(default_factory=list)


@dataclass
class _Refusals:
    """What is refused of one person: a reason code for each use, and the sentences by code."""

    codes: dict[Use, str] = field(default_factory=dict)
    sentences: dict[str, list[str]] = field(default_factory=dict)

    def add(self, claim: Claim, denial: Deny, alias: str) -> None:
        if claim.use:
            self.codes.setdefault(claim.use, denial.code)
        self.sentences.setdefault(denial.code, []).append(denial.sentence.replace(claim.person, alias))

    def add_uses(self, uses: Iterable[Use], code: str) -> None:
        for use in uses:
            self.codes.setdefault(use, code)


@dataclass(frozen=True)
class ConsentGaps:
    """A *production* with *cast* (role -> alias) and *people* (by role, ``None``: not enrolled), and what it *will* do.

    Roles that nobody plays are cast with names in angle brackets. *script* is as it was typed; ``None``: not there yet.
    """

    context: AppContext
    brief: Brief
    cast: Mapping[str, str]
    people: Mapping[str, Person | None]
    production: Production
    will: DryRun
    script: str | None

    def needs(self) -> tuple[UsesOf, ...]:
        """Return what the production would do with each person's likeness."""
        return tuple(self._uses_of(alias, uses) for alias, uses in sorted(self._needed().items()))

    def gaps(self) -> Gaps:
        """Return what the gate would refuse now, with the commands that mend it."""
        found = Gaps()
        try:
            refusals = self._refusals()
        except ConsentError as error:  # someone's key is gone
            found.missing.append(Missing(error.code, (str(error),)))
            return found
        for alias, refused in sorted(refusals.items()):
            grantable = [use for use, code in refused.codes.items() if code not in _OTHER_FIXES]
            if grantable:
                need = self._uses_of(alias, grantable)
                found.open.append(need)
                found.missing.append(self._no_grant(need, refused))
            found.missing += self._otherwise(alias, refused)
        return found

    def _refusals(self) -> dict[str, _Refusals]:
        needed = self._needed()
        refusals = {alias: _Refusals() for alias in needed}
        real = [(use, sample) for use, sample in self.will.uses if not is_stand_in(sample)]
        aliases = {person.id: self.cast[role] for role, person in self.people.items() if person}
        asks = self.brief if self.script is None else self.production.asks
        for claim, denial in self.context.studio.gate.objections(real, asks, self.will.shown):
            if denial.code == "consent.other-script" and self.script is None:
                continue  # nobody knows yet what will be said
            alias = aliases[claim.person]
            refusals[alias].add(claim, denial, alias)
        for use, sample in self.will.uses:  # of samples that are still to come, nothing can be agreed to yet
            if is_stand_in(sample) and (owner := self._owner(sample.digest)) in refusals:
                refusals[owner].add_uses([use], "consent.not-granted")
        # Whoever has brought nothing yet is in no claim: whether they may be a companion is asked here.
        present = {self._owner(sample.digest) for _, sample in real}
        for alias in present:
            if not all(self._may_be_beside(alias, other) for other in needed if other not in present):
                refusals[alias].add_uses(needed[alias], "consent.companion")
        return refusals

    def _needed(self) -> dict[str, set[Use]]:
        """Return the uses of everyone whose alias is known."""
        needed: dict[str, set[Use]] = {}
        for use, sample in self.will.uses:
            alias = self._owner(sample.digest)
            if not alias.startswith("<"):
                needed.setdefault(alias, set()).add(use)
        return needed

    def _owner(self, digest: str) -> str:
        members = self.production.cast.items()
        samples = ((role, each) for role, m in members for each in (m.voice, m.portrait, m.footage, m.voiceover))
        return next(self.cast[role] for role, sample in samples if sample and sample.digest == digest)

    def _uses_of(self, alias: str, uses: Iterable[Use]) -> UsesOf:
        others = tuple(sorted(each for each in self._needed() if each != alias))
        return UsesOf(alias, tuple(sorted(uses)), others)

    def _may_be_beside(self, alias: str, other: str) -> bool:
        people = {self.cast[role]: person for role, person in self.people.items()}
        person, companion = people[alias], people[other]
        standing = self.context.ledger.read().people[person.id].standing if person else []
        return companion is not None and any(companion.id in each.scope.companions for each in standing)

    def _no_grant(self, need: UsesOf, refused: _Refusals) -> Missing:
        told = [text for code, texts in refused.sentences.items() if code not in _OTHER_FIXES for text in texts]
        if not told:
            beside = f" beside {', '.join(need.companions)}" if need.companions else ""
            told = [f"{need.alias} has not agreed to {', '.join(need.uses)}{beside} yet"]
        # What lasted 92 days because an operator attested it lasts longer only when the person says it themselves.
        verb = "avatar consent request" if "consent.weak-evidence" in refused.codes.values() else "avatar grant"
        grants = need.alias if verb == "avatar grant" else ""
        return Missing(refused.codes[need.uses[0]], _once(told), grant_command(need, self.brief, verb), grants)

    def _otherwise(self, alias: str, refused: _Refusals) -> list[Missing]:
        script = quote(self.script or "SCRIPT")
        return [
            Missing(code, _once(told), _OTHER_FIXES[code].format(alias=alias, script=script))
            for code, told in refused.sentences.items()
            if code in _OTHER_FIXES
        ]


def _once(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))
