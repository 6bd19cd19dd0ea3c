"""Examples of ledger facts, drawn from their types: a new kind of fact has some without a line here."""

import types
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from avatar.consent.entries import Fact
from avatar.consent.vocabulary import Some, Sorted

_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))


def facts(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    """Return a strategy of facts of one *kind*, each valid by itself (signatures look like some, and are none)."""
    return _models(kind)


def _models(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {name: _values(field.annotation, field.metadata) for name, field in kind.model_fields.items()}
    return st.fixed_dictionaries(fields).map(lambda values: _valid(kind, values)).filter(lambda made: made is not None)


def _valid(kind: type[BaseModel], values: dict[str, Any]) -> BaseModel | None:
    try:
        return kind(**values)
    except ValidationError:
        return None  # rules between fields, such as the order of two dates: another example is drawn


def _values(kind: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        return _values(inner, [*more, *metadata])
    if kind is AwareDatetime or kind is datetime:
        return _TIMES
    if get_origin(kind) in (Union, types.UnionType):
        return st.one_of(*(_values(each, metadata) for each in get_args(kind)))
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        several = st.lists(_values(get_args(kind)[0], []), min_size=1, max_size=3)
        ordered = Some in metadata or Sorted in metadata
        return several.map(lambda values: tuple(sorted(set(values)) if ordered else values))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _models(kind)
    if kind is str:
        return _texts(metadata)
    if kind is int:
        return st.integers(_limit(metadata, "ge", 0), _limit(metadata, "le", 1000))
    if kind is float:
        return st.floats(0, 1)
    return st.none() if kind is type(None) else st.from_type(kind)


def _texts(metadata: list[Any]) -> st.SearchStrategy[str]:
    pattern = _limit(metadata, "pattern", None)
    if pattern:
        return st.from_regex(pattern, fullmatch=True)
    return st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


def _limit(metadata: list[Any], name: str, otherwise: Any) -> Any:
    flat = [part for each in metadata for part in (each.metadata if isinstance(each, FieldInfo) else [each])]
    return next((getattr(each, name) for each in flat if getattr(each, name, None) is not None), otherwise)
