"""Brief: the purpose, project, channels and languages of a production, against which consent is checked."""

from dataclasses import dataclass

from avatar.consent.vocabulary import Channel, Purpose


@dataclass(frozen=True)
class Brief:
    """What a content team says of a production before anything is made; every grant in it must cover all of it.

    *languages* are BCP 47 tags, *territories* ISO 3166-1 codes (``001``: the whole world). *script* is every line
    that it may say.
    """

    purpose: Purpose
    project: str
    languages: tuple[str, ...]
    channels: tuple[Channel, ...]
    territories: tuple[str, ...] = ("001",)
    script: tuple[str, ...] = ()
