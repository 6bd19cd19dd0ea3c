"""A production planned: everything that is missing before it can be made, with the commands that bring it.

Whoever plans asks for themselves and uses nobody's likeness, so a plan records no refusal in the ledger, and permits
nothing: every request is still cleared by the gate when its time comes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any

from avatar.app.consent_gaps import ConsentGaps
from avatar.app.context import AppContext
from avatar.app.delivery import recorded_lines, refuse_unspoken
from avatar.app.missing import Missing, UsesOf, is_stand_in, stand_in
from avatar.app.production_words import ProductionParts, ProductionWords, parse_words
from avatar.artifacts.artifact import Artifact, GivenFootage, Portrait, Voiceover, VoiceSample
from avatar.consent.brief import Brief
from avatar.consent.roles import Role
from avatar.errors import AvatarError, InputError, InputFaults, WeightsError
from avatar.models.weights import Weights, all_weights, locate, refuse_forbidden, weights_folder
from avatar.people.directory import Person
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import CastMember, DryRun, Production, dry_run
from avatar.stages.registry import EngineSpec
from avatar.voices.text.script import Line, split_script
from avatar.voices.text.variables import fill_variables

_SAMPLES = ("voice", "portrait", "footage", "voiceover")  # fields of a cast member, and options of ``avatar enroll``
_NO_SCRIPT = "Nothing is known yet."  # said in a dry run while the script itself is missing


@dataclass(frozen=True)
class Plan:
    """What a production would need. Nothing is *missing*: it can be made now."""

    missing: tuple[Missing, ...]
    needs: tuple[UsesOf, ...] = ()
    open: tuple[UsesOf, ...] = ()  # of these needs, what a grant is still to give

    @property
    def ready(self) -> bool:
        return not self.missing

    def as_json(self) -> dict[str, Any]:
        needs = [{"alias": n.alias, "uses": list(n.uses), "companions": list(n.companions)} for n in self.needs]
        return {"ready": self.ready, "missing": [each.as_json() for each in self.missing], "needs": needs}


def plan_production(context: AppContext, words: ProductionWords) -> Plan:
    """Return everything that the production of *words* lacks, all at once. Nothing is made, and nothing is recorded."""
    parts = parse_words(words)
    missing = [Missing(error.code, (str(error),)) for error in parts.faults.errors]
    missing += _roles(context)
    if parts.blueprint is None or parts.brief is None:
        unknown = [alias for alias in dict.fromkeys(parts.cast.values()) if _known(context, alias) is None]
        return Plan((*missing, *(_not_enrolled(alias, ()) for alias in unknown)))
    return _Planning(context, words, parts, parts.blueprint, parts.brief).plan(missing)


@dataclass(frozen=True)
class _Planning:
    """The work of ``plan_production`` once there is a blueprint and a brief."""

    context: AppContext
    words: ProductionWords
    parts: ProductionParts
    blueprint: Blueprint
    brief: Brief

    def plan(self, missing: list[Missing]) -> Plan:
        faults = InputFaults()
        cast = self._cast()
        people = {role: _known(self.context, alias) for role, alias in cast.items()}
        members = {role: self._member(role, person) for role, person in people.items()}
        with faults.collect():
            refuse_unspoken(self.context, self.blueprint, self.brief)
        lines = self._lines(members, faults)
        try:
            production = Production(self.blueprint, members, lines, self.brief)
        except InputError as error:  # a speaker whom nobody knows: the rest is planned without the script
            faults.errors.append(error)
            production = Production(self.blueprint, members, (Line(None, _NO_SCRIPT),), self.brief)
        will = dry_run(production)
        missing += [Missing(error.code, (str(error),)) for error in faults.errors]
        missing += self._unfilled()
        missing += self._samples(cast, people, will)
        script = self.words.script if self.parts.script is not None else None
        consent = ConsentGaps(self.context, self.brief, cast, people, production, will, script)
        gaps = consent.gaps()
        missing += gaps.missing
        missing += self._weights(will.engines)
        return Plan(tuple(missing), consent.needs(), tuple(gaps.open))

    def _cast(self) -> dict[str, str]:
        """Return who plays each role; for a role that nobody plays, a name that nobody has."""
        return {role: self.parts.cast.get(role, f"<{role}>") for role in self.blueprint.roles}

    def _unfilled(self) -> list[Missing]:
        roles, found = self.blueprint.roles, []
        for role in self.parts.cast:
            if role not in roles:
                sentence = f"blueprint {self.blueprint.name!r} has no role {role!r}; its roles: {', '.join(roles)}"
                found.append(Missing("cast.unknown-role", (sentence,)))
        for role in roles:
            if role not in self.parts.cast:
                found.append(Missing("cast.missing-role", (f"nobody plays {role!r}; add --cast {role}=ALIAS",)))
        return found

    def _member(self, role: str, person: Person | None) -> CastMember:
        """Return what *person* brings to *role*, with a stand-in for each sample that is not there."""
        brought = self.context.people.likeness(person) if person else CastMember()
        return replace(
            brought,
            voice=brought.voice or VoiceSample(stand_in(role, "voice")),
            portrait=brought.portrait or Portrait(stand_in(role, "portrait")),
            footage=brought.footage or GivenFootage(stand_in(role, "footage")),
            voiceover=brought.voiceover or Voiceover(stand_in(role, "voiceover")),
        )

    def _lines(self, members: Mapping[str, CastMember], faults: InputFaults) -> tuple[Line, ...]:
        unknown = (Line(None, _NO_SCRIPT),)
        if self.parts.script is None:
            return unknown
        with faults.collect():
            if self.blueprint.speech == "cloned":
                return split_script(fill_variables(self.parts.script, self.parts.values))
            voiceover = members[self.blueprint.speakers[0]].voiceover
            if voiceover and not is_stand_in(voiceover):
                return recorded_lines(self.context, self.blueprint, members, self.parts.script)
        return unknown

    def _samples(self, cast: Mapping[str, str], people: Mapping[str, Person | None], will: DryRun) -> list[Missing]:
        lacking: dict[str, set[str]] = {}
        for _, sample in will.uses:
            if is_stand_in(sample):
                role, name = _parts(sample)
                lacking.setdefault(cast[role], set()).add(name)
        found = []
        for alias in dict.fromkeys(cast.values()):
            names = tuple(name for name in _SAMPLES if name in lacking.get(alias, ()))
            known = any(people[role] for role, each in cast.items() if each == alias)
            if not alias.startswith("<") and (names or not known):
                found.append(_no_samples(alias, names) if known else _not_enrolled(alias, names))
        return found

    def _weights(self, engines: Iterable[EngineSpec]) -> list[Missing]:
        used: dict[str, Weights] = {}
        found = []
        for spec in engines:
            mine = all_weights(self.context.studio.build(spec))
            used |= {weights.name: weights for weights in mine}
            try:
                refuse_forbidden(mine, commercial=self.brief.purpose.commercial)
            except WeightsError as error:
                found.append(Missing(error.code, (f"engine {spec.engine!r}: {error}",)))
        return [*dict.fromkeys(found), *filter(None, map(_not_here, used.values()))]


def _roles(context: AppContext) -> list[Missing]:
    state, me = context.ledger.read(), context.ledger.operator
    mine = state.operators[me].roles if me in state.operators else frozenset()
    return [
        Missing(
            "role.missing",
            (f"{me} may not {role} here; whoever appoints operators can give that role",),
            f"avatar operators appoint {context.operator.public} " + " ".join(f"--role {r}" for r in {*mine, role}),
        )
        for role in (Role.PRODUCE, Role.PUBLISH)
        if role not in mine
    ]


def _known(context: AppContext, alias: str) -> Person | None:
    try:
        return context.people.find(alias)
    except InputError:
        return None


def _not_enrolled(alias: str, names: tuple[str, ...]) -> Missing:
    files = " ".join(f"--{name} FILE" for name in names or ("portrait", "voice"))
    return Missing("person.unknown", (f"{alias} is not enrolled here",), f"avatar enroll {quote(alias)} {files}")


def _no_samples(alias: str, names: tuple[str, ...]) -> Missing:
    files = " ".join(f"--{name} FILE" for name in names)
    sentence = f"{alias} has brought no {' and no '.join(names)}"
    return Missing(f"cast.no-{names[0]}", (sentence,), f"avatar enroll {quote(alias)} {files}")


def _not_here(weights: Weights) -> Missing | None:
    if weights.source.startswith("folder:"):
        if (weights_folder() / weights.name).exists():
            return None
        pin = f" --sha256 {weights.sha256}" if weights.sha256 else ""
        sentence = f"the model {weights.name!r} is not in the weights folder {weights_folder()}"
        return Missing("weights.missing", (sentence,), f"avatar weights import SOURCE {quote(weights.name)}{pin}")
    try:
        locate(weights)
    except AvatarError as error:
        return Missing(error.code, (str(error),), "avatar weights pull")
    return None


def _parts(artifact: Artifact) -> tuple[str, str]:
    """Return the role and the kind of sample that a stand-in is for."""
    name, _, role = artifact.digest.removeprefix("missing ").partition(" of ")
    return role, name
