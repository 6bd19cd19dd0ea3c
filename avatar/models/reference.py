"""Reference to a model that a user brings: its place in the weights folder, its digest and its licence."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, ClassVar

from pydantic import ConfigDict

# SPDX ids of licences that let anyone sell what a model makes; "own" is what the user trained on their own material.
_COMMERCIAL = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC-BY-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
        "MIT",
        "MPL-2.0",
        "own",
    }
)


@dataclass(frozen=True)
class ModelRef:
    """A model file or folder of a user: *path* in the weights folder, *sha256* of its bytes, *licence* of the model.

    Without a digest it is refused when it is opened (``weights.not-pinned``), and the refusal names the digest. The
    licence is an SPDX id, ``own`` for a training of one's own, or a sentence. A licence that is not known to allow
    commercial use, or none, is taken to forbid it.

    Every option of an engine that names a model has this type: the licence gate finds models by it, by no name.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    path: str
    sha256: str = ""
    licence: str = ""

    def __str__(self) -> str:
        """Return it as a blueprint spells it; three dots stand for what nobody said.

        >>> print(ModelRef("voices/mine", licence="own"))
        {path: voices/mine, sha256: ..., licence: own}
        """
        return f"{{path: {self.path or '...'}, sha256: {self.sha256 or '...'}, licence: {self.licence or '...'}}}"

    @property
    def commercial(self) -> bool:
        """Whether the licence allows to sell what the model makes.

        >>> ModelRef("voices/mine", licence="own").commercial, ModelRef("voices/found").commercial
        (True, False)
        """
        return self.licence in _COMMERCIAL


def model_refs(value: Any) -> Iterator[ModelRef]:
    """Yield every model reference in *value*: itself, or those in its fields and items, however deep."""
    if isinstance(value, ModelRef):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from model_refs(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from model_refs(each)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from model_refs(each)


def completed(given: Mapping[str, Any], default: ModelRef | None) -> dict[str, Any]:
    """Return the mapping *given* by a user, with what it leaves out taken from the engine's *default* model.

    Only while it is that model: another path or another digest is another model, and its licence is not the default's.

    >>> usual = ModelRef("openvoice/v2", licence="MIT")
    >>> completed({"sha256": "0f3a"}, usual)
    {'path': 'openvoice/v2', 'sha256': '0f3a', 'licence': 'MIT'}
    >>> completed({"path": "openvoice/mine", "sha256": "77b0"}, usual)
    {'path': 'openvoice/mine', 'sha256': '77b0'}
    """
    if default is None:
        return dict(given)
    another = given.get("path", default.path) != default.path
    another |= bool(default.sha256) and given.get("sha256", default.sha256) != default.sha256
    if another:
        return {**({} if "path" in given else {"path": default.path}), **given}
    return {**asdict(default), **given}
