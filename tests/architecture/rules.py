"""Who may call what: rules that imports alone cannot hold, because an object can be handed on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.architecture.references import UNKNOWN, Reference


@dataclass(frozen=True)
class Rule:
    """That only the *allowed* modules refer to what is called *names* (patterns of full names), and *why*.

    In modules called *within*; *calls* only, where a reference that calls nothing is harmless (a class in a type).
    """

    says: str
    why: str
    names: tuple[str, ...]
    allowed: frozenset[str]
    within: str = ".*"
    calls: bool = False

    def concerns(self, reference: Reference) -> bool:
        """Return whether *reference* is to what the rule is about."""
        named = any(re.fullmatch(name, reference.name) for name in self.names)
        return named and bool(re.fullmatch(self.within, reference.module)) and (reference.called or not self.calls)

    def breaches(self, references: Iterable[Reference]) -> list[str]:
        """Return a sentence for each of the *references* that breaks the rule."""
        broken = {each for each in references if self.concerns(each) and each.module not in self.allowed}
        return [self._sentence(each) for each in sorted(broken, key=lambda each: (each.module, each.line, each.name))]

    def _sentence(self, reference: Reference) -> str:
        where, name = f"{reference.module}, line {reference.line}", reference.name
        if name.startswith(f"{UNKNOWN}."):
            method = name.removeprefix(f"{UNKNOWN}.")
            what = f"takes {method!r} of something whose type is Any: annotate it, so that this rule sees what it is"
        else:
            what = f"refers to {name}"
        return f"{where}: {what}. {self.says}: {self.why}"


def _only(*modules: str) -> frozenset[str]:
    return frozenset(f"avatar.{module}" for module in modules)


RULES = (
    Rule(
        "Only the studio runs engines",
        "it asks the gate before, while and after they work; perform a request instead (Studio.perform)",
        (r"avatar\.(engines|testing\.toys)\..*\.run", r"avatar\.stages\.request\.\w*Engine\.run", r"\?\.run"),
        _only("studio.studio", "stages.registry", "testing.conformance"),  # the last two read the type of run alone
    ),
    Rule(
        "Only the studio asks the gate",
        "a clearance lives for one piece of work, and whoever holds one could let an engine work; use Studio.perform",
        (r"avatar\.consent\.gate\.Gate\.clear", r"\?\.clear"),
        _only("studio.studio", "testing.world"),  # a world of tests pulls frames as a renderer would
    ),
    Rule(
        "Only the gate mints clearances",
        "a Cleared that anyone can make proves nothing; ask the gate",
        (r"avatar\.consent\._clearance\.mint", r"\?\.mint"),
        _only("consent.gate"),
    ),
    Rule(
        "Nobody builds a Cleared",
        "it proves that the gate was asked; ask the gate",
        (r"avatar\.consent\._clearance\.Cleared",),
        _only("consent._clearance"),
        calls=True,
    ),
    Rule(
        "Only the studio keeps what was made, and only enrolment what was brought",
        "whatever is in the store has people, and was cleared or brought by them; perform a request, or enrol a sample",
        (r"avatar\.artifacts\.store\.Store\.keep", r"\?\.keep"),
        _only("people.enrolment", "studio.studio"),
    ),
    Rule(
        "Only the studio remembers a recipe",
        "what is remembered is used instead of working; it must be what the cleared work gave, and in the ledger",
        (r"avatar\.artifacts\.store\.Store\.remember", r"\?\.remember"),
        _only("studio.studio"),
    ),
    Rule(
        "Objects are written once; only keys, and what they seal, are exchanged",
        "an entry or artifact that can be exchanged can be forged; create a new object",
        (r"avatar\.artifacts\.\w+\.\w+\.exchange", r"\?\.exchange"),
        _only("artifacts.store", "artifacts.kms", "people.key_rotation"),
    ),
    Rule(
        "Whatever is sealed is found by a rotation of its person's key",
        "below the person's folder, as an artifact, or in a folder that avatar/people/key_rotation.py names: "
        "name another place there, and then here",
        (r"avatar\.artifacts\.vault\.Vault\.seal(_file)?", r"\?\.seal(_file)?"),
        _only(
            *("artifacts.store", "people.agreements", "people.enrolment", "people.pronunciations"),
            *("capture.challenge_store", "portal.sessions", "studio.voice_guard"),
        ),
    ),
    Rule(
        "Consent keeps no clock of its own",
        "the same decision must come out of the same ledger and time; take the time as an argument",
        (r"datetime\.(datetime|date)\.(now|utcnow|today)", r"time\.(time|time_ns|monotonic|localtime|gmtime)"),
        _only("consent.ledger"),  # its default clock
        within=r"avatar\.consent\..*",
    ),
)
