"""A production as someone types it, and what it means: every fault of the words at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from avatar.app.context import AppContext
from avatar.app.delivery import build_cast, load_named_blueprint, prepare, read_script
from avatar.app.parsing import parse_brief
from avatar.consent.brief import Brief
from avatar.consent.entries import Refused
from avatar.errors import InputFaults
from avatar.production.blueprint.load import load_glossary
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import Production
from avatar.voices.text.glossary import Glossary
from avatar.voices.text.script import split_script
from avatar.voices.text.variables import fill_variables, parse_values

_RECORDED = ("script.", "ssml.", "person.")  # codes of what ``prepare`` refuses, and records


@dataclass(frozen=True)
class ProductionWords:
    """The options of a production, as they were typed.

    *cast* are pairs like ``presenter=ada``, *values* pairs like ``name=Mia``; *script* is a text file, or the text.
    """

    blueprint: str
    cast: tuple[str, ...]
    script: str
    purpose: str
    project: str
    languages: tuple[str, ...] = ("en",)
    channels: tuple[str, ...] = ("internal",)
    territories: tuple[str, ...] = ("001",)
    values: tuple[str, ...] = ()
    glossary: Path | None = None


@dataclass
class ProductionParts:
    """What the words mean; where one of them has a *fault*, what depends on it is missing."""

    blueprint: Blueprint | None = None
    cast: dict[str, str] = field(default_factory=dict)  # role -> alias
    script: str | None = None
    brief: Brief | None = None
    values: dict[str, str] = field(default_factory=dict)
    glossary: Glossary = field(default_factory=dict)
    faults: InputFaults = field(default_factory=InputFaults)


def parse_words(words: ProductionWords) -> ProductionParts:
    """Return what *words* mean, with every fault of them."""
    parts = ProductionParts()
    with parts.faults.collect():
        parts.blueprint = load_named_blueprint(words.blueprint)
    with parts.faults.collect():
        parts.brief = parse_brief(words.purpose, words.project, words.languages, words.channels, words.territories)
    with parts.faults.collect():
        parts.cast = build_cast(words.cast)
    with parts.faults.collect():
        parts.values = parse_values(words.values)
    with parts.faults.collect():
        parts.glossary = load_glossary(words.glossary) if words.glossary else {}
    with parts.faults.collect():
        text = text_of(words.script)
        if parts.blueprint and parts.blueprint.speech == "cloned":
            split_script(fill_variables(text, parts.values))
        parts.script = text
    return parts


def production_of(
    context: AppContext, words: ProductionWords, change: Callable[[Blueprint], Blueprint] = lambda blueprint: blueprint
) -> Production:
    """Return the production that *words* describe, everything checked that can be; *change* alters its blueprint.

    Raises:
        InputError: of several faults, all are told at once, unknown aliases too.
        AvatarError: it cannot be made; the refusal is in the ledger.
    """
    parts = parse_words(words)
    if parts.faults.errors:
        for alias in parts.cast.values():
            with parts.faults.collect():
                context.people.find(alias)
        refused = [error.code for error in parts.faults.errors if error.code.startswith(_RECORDED)]
        if refused:
            context.ledger.append(Refused(code=refused[0], request="Production"))
    parts.faults.raise_found()
    assert parts.blueprint  # else there was a fault
    assert parts.brief
    assert parts.script is not None
    blueprint = change(parts.blueprint)
    return prepare(
        context, blueprint, parts.cast, parts.script, parts.brief, values=parts.values, glossary=parts.glossary
    )


def text_of(given: str) -> str:
    """Return the script that *given* names as a file, or is."""
    path = Path(given) if len(given) < 250 and "\n" not in given else None
    return read_script(path) if path and (path.suffix in (".txt", ".md") or path.is_file()) else given
