"""What a production lacks, and the command that brings it."""

from dataclasses import dataclass
from shlex import quote
from typing import Any

from avatar.artifacts.artifact import Artifact
from avatar.consent.brief import Brief
from avatar.consent.terms import Terms
from avatar.consent.uses import Use


@dataclass(frozen=True)
class Missing:
    """Something that a production lacks: a reason *code*, *sentences* that say what, and a *command* that mends it.

    The command is empty where no command can; words in capitals in it are for whoever pastes it to fill in.
    """

    code: str
    sentences: tuple[str, ...]
    command: str = ""
    grants: str = ""  # whose agreement the command records

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "sentences": list(self.sentences), "command": self.command}


@dataclass(frozen=True)
class UsesOf:
    """What a production would do with the likeness of *alias*: *uses*, beside the *companions* (aliases)."""

    alias: str
    uses: tuple[Use, ...]
    companions: tuple[str, ...]


def grant_command(need: UsesOf, brief: Brief, verb: str = "avatar grant") -> str:
    """Return the command that records exactly the uses of *need*, for *brief*. What the work will be, people say."""
    words = [verb, need.alias, *(f"--use {use}" for use in need.uses)]
    words += [f"--purpose {brief.purpose}", f"--project {quote(brief.project)}", "--description '...'"]
    for option, given, default in (
        ("--language", brief.languages, Terms.languages),
        ("--channel", brief.channels, Terms.channels),
        ("--territory", brief.territories, Terms.territories),
    ):
        if tuple(given) != tuple(default):
            words += [f"{option} {each}" for each in given]
    words += [f"--companion {alias}" for alias in need.companions]
    return " ".join(words)


def stand_in(role: str, name: str) -> str:
    """Return the digest of a stand-in for the sample *name* that *role* has not brought."""
    return f"missing {name} of {role}"


def is_stand_in(artifact: Artifact) -> bool:
    """Return whether *artifact* only stands for a sample that is not there yet."""
    return artifact.digest.startswith("missing ")
