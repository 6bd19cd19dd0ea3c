"""The consent decision: a pure function over claims and the state of the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from avatar.consent.brief import Brief
from avatar.consent.claims import Claim
from avatar.consent.content_filter import LANGUAGES, find_homoglyph, topics_in
from avatar.consent.evidence import Attested
from avatar.consent.record import Grant
from avatar.consent.scope import covers_language, script_digest
from avatar.consent.state import ActiveGrant, GrantUsage, PersonState, State
from avatar.consent.uses import Use

MAX_ATTESTED_AGE = timedelta(days=92)  # so long lasts what a real person did not say themselves, in a recording


@dataclass(frozen=True)
class Output:
    """A video that is about to leave: its *recipe*, how long it plays, and the digest of the unsigned *video*."""

    recipe: str
    milliseconds: int
    video: str


@dataclass(frozen=True)
class Question:
    """What is asked of the people in some material.

    *spoken* and *displayed* are the words in it, *authors* the operators who made it, *operator* who works on it now;
    *output* is what would be published, if anything.
    """

    claims: frozenset[Claim]
    brief: Brief
    spoken: frozenset[str] = frozenset()
    displayed: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    operator: str = ""
    output: Output | None = None

    @property
    def people(self) -> frozenset[str]:
        """Everyone in the material."""
        return frozenset(claim.person for claim in self.claims)


@dataclass(frozen=True)
class Permit:
    """Yes, on the strength of these grants (digests, sorted)."""

    grants: tuple[str, ...]


@dataclass(frozen=True)
class Deny:
    """No: whose agreement is missing, a reason code, and a sentence that says what to do."""

    person: str
    code: str
    sentence: str


def decide(question: Question, state: State, now: datetime) -> Permit | Deny:
    """Answer whether everything in *question* is covered by standing grants at *now*.

    Each claim needs one grant that covers all of it: its use and sample, the moment, the brief, everyone else in the
    material, and the words. No claim at all is a denial: work that shows nobody has no business here, and an empty
    list is how a bug would look.
    """
    grants: set[str] = set()
    asked = _in_order(question.claims)
    if not asked:
        return Deny("", "consent.nobody", "the material shows nobody: there is no one who could have agreed")
    for claim in asked:
        answer = _answered(claim, question, state, now)
        if isinstance(answer, Deny):
            return answer
        grants.add(answer.digest)
    output = question.output
    if state.approval_needed and output and not _approved(output.video, question, state):
        return Deny("", "consent.not-approved", _UNAPPROVED.format(video=output.video))
    return Permit(tuple(sorted(grants)))


def objections(question: Question, state: State, now: datetime) -> tuple[tuple[Claim, Deny], ...]:
    """Return every claim of *question* that no standing grant covers, with its answer: all that ``decide`` stops at."""
    answers = ((claim, _answered(claim, question, state, now)) for claim in _in_order(question.claims))
    return tuple((claim, answer) for claim, answer in answers if isinstance(answer, Deny))


def agreed_to(use: Use, state: State, now: datetime) -> dict[str, frozenset[str]]:
    """Return whose samples (manifest digests, by person) may be put to *use* at *now*, whatever is being made."""
    return {id: samples for id, person in state.people.items() if (samples := _samples(use, person, now))}


def _samples(use: Use, person: PersonState, now: datetime) -> frozenset[str]:
    if person.erased or person.suspended:
        return frozenset()
    standing = [s for s in person.standing if use in s.uses and _out_of_time(s, person, now) is None]
    agreed = {asset for each in standing for asset in each.scope.assets}
    return frozenset(manifest for sample, manifest in person.samples.items() if sample in agreed)


_UNAPPROVED = (
    "this video needs the approval of an operator who did not make it; ask one to look at it "
    "(avatar approve {video}), then run the production again"
)


def _in_order(claims: Iterable[Claim]) -> list[Claim]:
    return sorted(claims, key=lambda claim: (claim.person, claim.use or "", claim.sample))


def _answered(claim: Claim, question: Question, state: State, now: datetime) -> ActiveGrant | Deny:
    known = claim.person in state.people
    return _answer(claim, question, state, now) if known else _deny(claim, "unknown-person")


def _answer(claim: Claim, question: Question, state: State, now: datetime) -> ActiveGrant | Deny:
    person = state.people[claim.person]
    barred = _barred(claim, person)
    if barred:
        return _deny(claim, barred)
    covering = [s for s in person.standing if claim.use is None or claim.use in s.uses]
    if not covering:
        return _deny(claim, "withdrawn" if person.withdrawn is not None else "not-granted")
    covering = [s for s in covering if claim.sample in s.scope.assets]
    if not covering:
        return _deny(claim, "asset-not-covered")
    missing = [_missing(standing, person, question, state, now) for standing in covering]
    for standing, why in zip(covering, missing, strict=True):
        if why is None:
            return standing
    # Of several grants that fall short, the one that comes nearest says what to ask for.
    return _deny(claim, max((why for why in missing if why), key=_DENIAL_ORDER.index))


def _barred(claim: Claim, person: PersonState) -> str | None:
    if person.erased:  # whatever was recorded since, and even if a copy of their key turns up
        return "erased"
    # By manifest, not only by sample: anyone who can write to the store can bind a known sample to other files.
    if person.samples.get(claim.sample) != claim.manifest:
        return "foreign-asset"
    return "suspended" if person.suspended else None


def _missing(standing: ActiveGrant, person: PersonState, question: Question, state: State, now: datetime) -> str | None:
    """Return what *standing* lacks to cover *question*, or ``None``."""
    return (
        _out_of_time(standing, person, now)
        or _off_brief(standing, question)
        or _off_script(standing, question, state)
        or _unsayable(standing, question)
        or _used_up(standing, question, state)
    )


def usable_until(grant: Grant, capacity: str) -> datetime:
    """Return when *grant* ends in effect: sooner than it says where an operator attested it for a real person."""
    if _is_attested(grant, capacity):
        return min(grant.not_after, grant.not_before + MAX_ATTESTED_AGE)
    return grant.not_after


def _is_attested(grant: Grant, capacity: str) -> bool:
    return isinstance(grant.evidence, Attested) and capacity != "synthetic"


def _out_of_time(standing: ActiveGrant, person: PersonState, now: datetime) -> str | None:
    grant = standing.grant
    if now < grant.not_before:
        return "not-yet"
    if now >= grant.not_after:
        return "expired"
    attested = _is_attested(grant, person.capacity)
    if attested and now >= grant.not_before + MAX_ATTESTED_AGE:
        return "weak-evidence"
    if grant.reconfirm_days is not None and now >= standing.confirmed + timedelta(days=grant.reconfirm_days):
        return "not-reconfirmed"
    return None


def _off_brief(standing: ActiveGrant, question: Question) -> str | None:
    scope, brief = standing.scope, question.brief
    everywhere = "001" in scope.territories
    checks = (
        ("wrong-purpose", brief.purpose in scope.purposes),
        ("other-project", scope.project.covers(brief.project)),
        ("language", bool(brief.languages) and all(covers_language(scope.languages, each) for each in brief.languages)),
        ("channel", bool(brief.channels) and set(brief.channels) <= set(scope.channels)),
        ("territory", bool(brief.territories) and (everywhere or set(brief.territories) <= set(scope.territories))),
        ("companion", question.people - {standing.grant.person} <= set(scope.companions)),
    )
    return next((why for why, covered in checks if not covered), None)


def _off_script(standing: ActiveGrant, question: Question, state: State) -> str | None:
    policy, brief = standing.scope.script, question.brief
    if not (policy.scripts or policy.reviewed):
        return None
    script = script_digest(brief.script)
    # Else a brief could name a script that was agreed to, and the work say another.
    if not question.spoken <= set(brief.script) or (policy.scripts and script not in policy.scripts):
        return "other-script"
    if policy.reviewed and question.spoken and not _approved(script, question, state):
        return "script-not-reviewed"
    if policy.reviewed and question.output and not _approved(question.output.video, question, state):
        return "video-not-reviewed"
    return None


def _unsayable(standing: ActiveGrant, question: Question) -> str | None:
    policy, brief = standing.scope.script, question.brief
    if not policy.denied_topics:
        return None
    words = question.spoken | question.displayed
    if any(language.split("-")[0] not in LANGUAGES for language in brief.languages) and not policy.reviewed:
        return "topics-unknown"
    if find_homoglyph(words):
        return "disguised-words"
    denied = set(policy.denied_topics)
    return "denied-topic" if any(denied & topics_in(text) for text in _as_heard(brief.script, words)) else None


def _as_heard(script: tuple[str, ...], words: Iterable[str]) -> tuple[str, ...]:
    # Also one line after the other: a phrase that a sentence break cuts in two is heard all the same.
    return (*words, " ".join(script))


def _used_up(standing: ActiveGrant, question: Question, state: State) -> str | None:
    output = question.output
    if output is None or output.recipe in state.released_recipes:
        return None
    spent = state.spent.get(standing.digest, GrantUsage())
    if spent.outputs >= standing.scope.max_outputs:
        return "outputs-used-up"
    if spent.milliseconds + output.milliseconds > standing.scope.max_seconds * 1000:
        return "seconds-used-up"
    return None


def _approved(subject: str, question: Question, state: State) -> bool:
    # No one approves their own production: neither who made any of it, nor who goes on with it now.
    return bool(state.approvals.get(subject, frozenset()) - question.authors - {question.operator})


_SENTENCES = {
    "unknown-person": "{person} is not enrolled here; enrol them first (avatar enroll)",
    "erased": "{person} was erased: nothing that shows them is used any more; make it without them",
    "foreign-asset": "{person} never brought the sample {sample}; enrol it first (avatar enroll)",
    "suspended": "everything with {person} is paused; only they can end that (avatar consent resume)",
    "not-granted": "{person} has not agreed to {use}; ask them, then record it (avatar grant)",
    "withdrawn": "{person} has withdrawn their agreement to {use}; only they can grant it again (avatar grant)",
    "asset-not-covered": "{person} agreed to {use}, but not with the sample {sample}; ask them about it (avatar grant)",
    # From here on in the order in which a grant is looked at: of two that fall short, the later one comes nearer.
    "not-yet": "{person}'s agreement to {use} has not begun yet; wait, or ask for an earlier start (avatar grant)",
    "expired": "{person}'s agreement to {use} has expired; ask them to renew it (avatar grant)",
    "weak-evidence": "{person}'s agreement to {use} was never recorded in their own words, and so lasted 92 days; "
    "take their statement (avatar consent request)",
    "not-reconfirmed": "{person}'s agreement to {use} waits to be confirmed again; ask them (avatar consent reconfirm)",
    "wrong-purpose": "{person} agreed to {use}, but not for this purpose; change --purpose, or ask them (avatar grant)",
    "other-project": "{person} agreed to {use}, but not for this project; change --project, or ask them (avatar grant)",
    "language": "{person} agreed to {use}, but not in this language; change --language, or ask them (avatar grant)",
    "channel": "{person} agreed to {use}, but not on every channel; leave one out, or ask them (avatar grant)",
    "territory": "{person} agreed to {use}, but not in every territory; leave one out, or ask them (avatar grant)",
    "companion": "{person} agreed to {use}, but not with everyone in this material; ask them (avatar grant "
    "--companion)",
    "other-script": "{person} agreed to {use} with a script of which this is not a part; ask them (avatar grant)",
    "script-not-reviewed": "{person} asks that a second operator approves each script first (avatar approve --script)",
    "video-not-reviewed": "{person} asks that a second operator approves each video before it leaves (avatar approve)",
    "topics-unknown": "{person} denies topics that are only known in English here; ask them to have scripts reviewed "
    "instead (avatar grant --reviewed)",
    "disguised-words": "the words for {person} have a word with letters of several alphabets; write it in one",
    "denied-topic": "{person} does not speak about a topic of this script; change the words, or ask them "
    "(avatar grant)",
    "outputs-used-up": "{person} agreed to a number of videos that is reached; ask for more (avatar grant)",
    "seconds-used-up": "{person} agreed to a length in all that this video would exceed; ask for more (avatar grant)",
}
_DENIAL_ORDER = list(_SENTENCES)


def _deny(claim: Claim, why: str) -> Deny:
    use = f"'{claim.use}'" if claim.use else "any use"
    sentence = _SENTENCES[why].format(person=claim.person, use=use, sample=claim.sample[:12])
    return Deny(claim.person, f"consent.{why}", sentence)
