"""Statement templates: organisation, uses, and a passcode of three random words, in five languages."""

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from secrets import SystemRandom
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from avatar.consent import Use
from avatar.errors import InputError

RECOGNISED_LANGUAGE = "en"  # the one language that the shipped recogniser understands

Passcode = tuple[str, str, str]


class StatementTemplate(BaseModel):
    """The statement in one language: a file of ``statements/``, with how ``uses.yaml`` says each use in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str
    uses: dict[Use, str]
    comma: str
    last: str = Field(alias="and")
    words: tuple[str, ...]

    def statement(self, organisation: str, uses: Iterable[Use], passcode: Passcode) -> str:
        """Return the sentences to say."""
        *before, last = [self.uses[use] for use in sorted(set(uses))]
        listed = self.last.join([self.comma.join(before), last]) if before else last
        first, second, third = passcode
        return self.says.format(organisation=organisation, uses=listed, first=first, second=second, third=third)

    def passcode(self) -> Passcode:
        """Draw three different words, with a source of chance that cannot be foreseen."""
        first, second, third = SystemRandom().sample(self.words, 3)
        return first, second, third


def language_of(locale: str) -> str:
    """Return the language of *locale*: ``en`` for ``en-GB``."""
    return locale.partition("-")[0].lower()


def languages() -> tuple[str, ...]:
    """Return the languages that a statement can be asked for in."""
    names = (file.name for file in (files("avatar.capture") / "statements").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@lru_cache(maxsize=16)
def statement_template(locale: str) -> StatementTemplate:
    """Return the wording for *locale*.

    Raises:
        InputError: ``capture.locale``.
    """
    language = language_of(locale)
    if language not in languages():
        raise InputError(
            f"--locale {locale!r}: there is no statement in that language; use one of {', '.join(languages())}, "
            "or add a file to avatar/capture/statements, and its words to avatar/capture/uses.yaml",
            code="capture.locale",
        )
    uses = {use: said[language] for use, said in _data("uses.yaml").items() if language in said}
    return StatementTemplate.model_validate(_data(f"statements/{language}.yaml") | {"uses": uses})


def _data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((files("avatar.capture") / name).read_text(encoding="utf-8"))
    return data
