"""Parse options of the command line and of forms into a brief and terms."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from avatar.consent import Use
from avatar.consent.brief import Brief
from avatar.consent.scope import ScriptPolicy
from avatar.consent.terms import Terms
from avatar.consent.vocabulary import Channel, Language, Purpose, Territory, Topic
from avatar.errors import InputError, InputFaults
from avatar.runtime.spelling import did_you_mean

W = TypeVar("W", bound=StrEnum)

MAX_PROJECT_CHARS = 80
_MIN_DESCRIPTION_CHARS, _MAX_DESCRIPTION_CHARS = 15, 400


def parse_brief(
    purpose: str, project: str, languages: Sequence[str], channels: Sequence[str], territories: Sequence[str] = ("001",)
) -> Brief:
    """Return the brief that these words spell.

    Raises:
        InputError: a word is unknown; the sentence names the option, the word, and what it can be.
    """
    faults = InputFaults()
    with faults.collect():
        of_purpose = parse_enum(Purpose, purpose, "--purpose")
    with faults.collect():
        of_project = _project(project)
    with faults.collect():
        of_languages = _tags(Language, languages, "--language", "a tag like en or en-GB")
    with faults.collect():
        of_channels = tuple(parse_enums(Channel, channels, "--channel"))
    with faults.collect():
        of_territories = _tags(Territory, territories, "--territory", "a code like GB, or 001 for the whole world")
    faults.raise_found()
    return Brief(of_purpose, of_project, of_languages, of_channels, of_territories)


def parse_terms(  # noqa: PLR0913 - as many words as an agreement has
    uses: Sequence[str],
    purposes: Sequence[str],
    project: str,
    description: str,
    *,
    languages: Sequence[str] = Terms.languages,
    channels: Sequence[str] = Terms.channels,
    territories: Sequence[str] = Terms.territories,
    companions: Sequence[str] = (),
    scripts: Sequence[str] = (),
    reviewed: bool = False,
    denied_topics: Sequence[str] = (),
    max_outputs: int = Terms.max_outputs,
    max_seconds: int = Terms.max_seconds,
    days: int = Terms.days,
    reconfirm_days: int | None = None,
) -> Terms:
    """Return the terms that these words spell; *companions* are ids, *scripts* digests.

    Raises:
        InputError: a word is unknown, a number will not do, or the description is too short to mean something.
    """
    faults = InputFaults()
    with faults.collect():
        described = parse_description(description)
    for option, number in (("--max-outputs", max_outputs), ("--max-seconds", max_seconds), ("--days", days)):
        if number < 1:
            faults.errors.append(InputError(f"{option} {number}: give 1 or more", code="grant.bad-value"))
    with faults.collect():
        of_uses = tuple(parse_enums(Use, uses, "--use"))
    with faults.collect():
        of_purposes = tuple(parse_enums(Purpose, purposes, "--purpose"))
    with faults.collect():
        of_project = _project(project)
    with faults.collect():
        of_languages = _tags(Language, languages, "--language", "a tag like en or en-GB")
    with faults.collect():
        of_channels = tuple(parse_enums(Channel, channels, "--channel"))
    with faults.collect():
        of_territories = _tags(Territory, territories, "--territory", "a code like GB, or 001 for the whole world")
    with faults.collect():
        of_topics = tuple(sorted(set(parse_enums(Topic, denied_topics, "--deny-topic"))))
    faults.raise_found()
    return Terms(
        uses=of_uses,
        purposes=of_purposes,
        project=of_project,
        description=described,
        languages=of_languages,
        channels=of_channels,
        territories=of_territories,
        companions=tuple(companions),
        script=ScriptPolicy(scripts=tuple(sorted(set(scripts))), reviewed=reviewed, denied_topics=of_topics),
        max_outputs=max_outputs,
        max_seconds=max_seconds,
        days=days,
        reconfirm_days=reconfirm_days,
    )


def parse_description(description: str) -> str:
    """Return *description* without blanks around it.

    Raises:
        InputError: ``grant.description``; it is too short to mean something, or too long.
    """
    described = description.strip()
    if not _MIN_DESCRIPTION_CHARS <= len(described) <= _MAX_DESCRIPTION_CHARS:
        raise InputError(
            f"--description {description[:40]!r}: say in a sentence what the work will be, in "
            f"{_MIN_DESCRIPTION_CHARS} to {_MAX_DESCRIPTION_CHARS} letters",
            code="grant.description",
        )
    return described


def parse_enum(words: type[W], given: str, option: str) -> W:
    """Return the member of *words* that *given* spells."""
    try:
        return words(given)
    except ValueError:
        known = [str(word) for word in words]
        raise InputError(
            f"{option} {given!r}{did_you_mean(given, known)}; it is one of {', '.join(known)}",
            code="grant.unknown-word",
        ) from None


def parse_enums(words: type[W], given: Iterable[str], option: str) -> Iterable[W]:
    """Return the members of *words* that *given* spell."""
    return (parse_enum(words, each, option) for each in given)


def _project(given: str) -> str:
    project = given.strip()
    if not 0 < len(project) <= MAX_PROJECT_CHARS:
        raise InputError(
            f"--project {given[:40]!r}: name the project in 1 to {MAX_PROJECT_CHARS} letters, the same word each time",
            code="grant.project",
        )
    return project


def _tags(kind: Any, given: Sequence[str], option: str, example: str) -> tuple[str, ...]:
    tag = TypeAdapter[str](kind)
    for each in given:
        try:
            tag.validate_python(each)
        except ValidationError:
            raise InputError(f"{option} {each!r}: write {example}", code="grant.unknown-word") from None
    return tuple(given)
