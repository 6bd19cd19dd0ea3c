"""The blueprint schema."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from avatar.stages.catalogue import REQUESTS
from avatar.stages.registry import EngineSpec
from avatar.stages.request import Request
from avatar.voices.text.glossary import Pronunciation, check_glossary

WORK: Mapping[str, type[Request[Any]]] = {  # stage -> what its engine must do
    kind.blueprint_key: kind for kind in REQUESTS.values() if kind.blueprint_key
}


class Stage(BaseModel):
    """An engine by name; every other key is one of its options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    engine: str

    @property
    def choice(self) -> EngineSpec:
        return EngineSpec(self.engine, dict(self.model_extra or {}))


class DrawnStage(Stage):
    """A stage that draws frames. *keep_patches* keeps what it drew, so that another caption, label or title, or other
    options of the picture, do not have it drawn again: worth its room (some MB a second) where a large network draws.
    """

    keep_patches: bool = False


class SwapStage(DrawnStage):
    """A face swap also says which role of the cast gives the *face*."""

    face: str


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Blueprint(_Strict):
    """Which engine does which work, and how the result looks."""

    name: str = Field(min_length=1, max_length=80)
    speakers: tuple[str, ...] = Field(min_length=1, max_length=4)  # roles; the first speaks lines that name nobody
    learning: Stage = Stage(engine="ridge")
    voice: Stage = Stage(engine="adapted")
    speech: Literal["cloned", "recorded"] = "cloned"
    source: Literal["portrait", "footage"] = "portrait"
    animation: DrawnStage = DrawnStage(engine="mesh-warp")
    swap: SwapStage | None = None
    lips: DrawnStage | None = None
    layout: Literal["cut", "side-by-side"] = "cut"
    picture: Stage = Stage(engine="h264")
    lower_third: dict[str, str] = {}  # role -> text
    glossary: dict[str, Pronunciation] = {}  # word as written -> how it is said
    title: str = ""
    end: str = ""
    assembly: Stage = Stage(engine="programme")
    publication: Stage = Stage(engine="c2pa")

    @property
    def roles(self) -> tuple[str, ...]:
        """Everyone the cast must fill, speakers first."""
        return (*self.speakers, *((self.swap.face,) if self.swap and self.swap.face not in self.speakers else ()))

    @property
    def stages(self) -> dict[str, Stage]:
        """The stages that name an engine, by key."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: stage for name, stage in named.items() if isinstance(stage, Stage)}

    @model_validator(mode="after")
    def _consistent(self) -> "Blueprint":
        for role in self.lower_third:
            if role not in self.speakers:
                raise ValueError(f"lower_third names {role!r}, who is not among the speakers {list(self.speakers)}")
        check_glossary(self.glossary)
        if self.source == "footage" and self.lips is None:
            raise ValueError("given footage needs its lips refined to the new voice: add 'lips: {engine: mouth-warp}'")
        if self.source == "footage" and (len(self.speakers) > 1 or self.layout != "cut"):
            raise ValueError("given footage shows one speaker: name one under 'speakers', with 'layout: cut'")
        if self.speech == "recorded" and len(self.speakers) > 1:
            raise ValueError("recorded speech is one person's voice-over: name one speaker under 'speakers'")
        return self
