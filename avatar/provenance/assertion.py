"""The consent assertion of a credential: people, material, grants and steps (data model)."""

from pydantic import BaseModel, ConfigDict

from avatar.consent.uses import Use
from avatar.consent.vocabulary import Digest, PersonId

ASSERTION_LABEL = "org.avatar-pipeline.consent"
ACTIONS_LABEL = "c2pa.actions.v2"
BINDING_LABEL = "c2pa.soft-binding"
BINDING_ALGORITHM = "org.avatar-pipeline.picture-mark.1"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Appearance(_Line):
    """One person by their random id, the *uses* made of their likeness, and the *material* they brought (artifacts)."""

    person: PersonId
    uses: tuple[Use, ...]
    material: tuple[Digest, ...]


class Block(BaseModel):
    """One value that leads from a picture to its credential: the number of a shot, in hexadecimal."""

    value: str


class Binding(BaseModel):
    """The soft binding: the numbers of all shots that may be read in the picture."""

    blocks: tuple[Block, ...] = ()


class Step(_Line):
    """Work of one kind by one engine, and the recipes it followed: same recipe, same result."""

    request: str
    engine: str
    version: int
    recipes: tuple[Digest, ...]


class Decided(_Line):
    """The place in a ledger where consent was decided: its newest entry then, by index and digest."""

    origin: str
    index: int
    digest: str


class Disclosure(_Line):
    """The assertion ``org.avatar-pipeline.consent``: ids and digests only, so that nothing personal leaves with it.

    *video* names the unsigned video; that digest binds the whole ancestry, as each manifest names its inputs.
    """

    video: Digest
    people: tuple[Appearance, ...]
    grants: tuple[Digest, ...]
    decided: Decided
    steps: tuple[Step, ...]
