"""What the source refers to, by full name: names and attributes resolved by mypy, whatever they are called locally."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mypy import build
from mypy.find_sources import create_source_list
from mypy.modulefinder import BuildSource
from mypy.nodes import CallExpr, Expression, MemberExpr, MypyFile, NameExpr, Node, StrExpr, TypeInfo
from mypy.options import Options
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    Type,
    TypeOfAny,
    TypeType,
    TypeVarLikeType,
    UnionType,
    get_proper_type,
)

UNKNOWN = "?"  # the owner of an attribute whose type was written as Any, or is looked up by getattr


@dataclass(frozen=True)
class Reference:
    """That a *line* of *module* refers to *name* (``package.module.Class.method``), or calls it."""

    module: str
    line: int
    name: str
    called: bool


def references(folders: Sequence[Path], samples: Mapping[str, str] | None = None) -> list[Reference]:
    """Return every reference in the packages at *folders*, and in the *samples*: source text by module name.

    Of a method, each class that defines or inherits it is named: ``Base.method`` beside ``Derived.method``. Third-party
    packages are not read, the standard library is.
    """
    options = Options()
    options.python_version = (3, 11)
    options.incremental = False
    options.cache_dir = "/dev/null"
    options.export_types = options.preserve_asts = True
    options.check_untyped_defs = options.allow_untyped_globals = options.ignore_missing_imports = True
    options.follow_imports = "skip"
    sources = create_source_list([str(folder) for folder in folders], options)
    sources += [BuildSource(f"{name}.py", name, text) for name, text in (samples or {}).items()]
    result = build.build(sources, options)
    own = {source.module for source in sources}
    readers = [_Reader(tree, result.types) for name, tree in result.files.items() if name in own]
    return [reference for reader in readers for reference in reader.found]


class _Reader:
    """Reads one module. mypy is compiled and its visitors cannot be subclassed, so nodes are walked by their fields."""

    def __init__(self, tree: MypyFile, types: Mapping[Expression, Type]) -> None:
        self.found: list[Reference] = []
        self._module, self._types = tree.fullname, types
        nodes = list(_nodes(tree))
        self._callees = {id(node.callee) for node in nodes if isinstance(node, CallExpr)}
        for node in nodes:
            if isinstance(node, CallExpr):
                self._call(node)
            elif isinstance(node, NameExpr) and node.fullname:
                self._note(node, node.fullname)
            elif isinstance(node, MemberExpr):
                owner = self._types.get(node.expr)
                for name in {node.fullname} if node.fullname else set(self._attributes(owner, node.name)):
                    self._note(node, name)

    def _call(self, node: CallExpr) -> None:
        kind = get_proper_type(self._types.get(node.callee))
        if isinstance(kind, CallableType) and kind.is_type_obj():
            self.found.append(Reference(self._module, node.line, kind.type_object().fullname, called=True))  # any alias
        if isinstance(node.callee, NameExpr) and node.callee.fullname == "builtins.getattr":
            name = node.args[1]
            if isinstance(name, StrExpr):
                self._note(node, f"{UNKNOWN}.{name.value}")

    def _attributes(self, owner: Type | None, name: str) -> Iterator[str]:
        kind = get_proper_type(owner)
        if isinstance(kind, UnionType):
            for item in kind.items:
                yield from self._attributes(item, name)
        elif isinstance(kind, TypeVarLikeType):
            yield from self._attributes(kind.upper_bound, name)
        elif isinstance(kind, TypeType):
            yield from self._attributes(kind.item, name)
        elif isinstance(kind, CallableType) and kind.is_type_obj():
            yield from _of_class(kind.type_object(), name)
        elif isinstance(kind, Instance):
            yield from _of_class(kind.type, name)
        elif isinstance(kind, AnyType) and _written(kind):
            yield f"{UNKNOWN}.{name}"

    def _note(self, at: Expression, name: str) -> None:
        self.found.append(Reference(self._module, at.line, name, id(at) in self._callees))


# Fields that lead out of a tree, or back up: what a name refers to, the class around, what mypy made of the source.
_NOT_CHILDREN = {
    "node",
    "info",
    "imports",
    "expanded",
    "analyzed",
    "original_def",
    "unanalyzed_items",
    "type_annotation",
}


def _nodes(root: Node) -> Iterator[Node]:
    """Yield *root* and every node of its tree."""
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        yield node
        for name in _fields(type(node)):
            for child in _flat(getattr(node, name, None)):
                if id(child) not in seen:
                    seen.add(id(child))
                    waiting.append(child)


def _flat(value: object) -> Iterator[Node]:
    if isinstance(value, Node) and not isinstance(value, TypeInfo):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    names = (name for each in kind.__mro__ for name in (*vars(each), *getattr(each, "__slots__", ())))
    data = (name for name in names if not name.startswith("__") and not callable(getattr(kind, name, None)))
    return tuple(dict.fromkeys(name for name in data if name not in _NOT_CHILDREN))


def _of_class(info: TypeInfo, name: str) -> Iterator[str]:
    yield f"{info.fullname}.{name}"
    for base in info.mro[1:]:
        if name in base.names:
            yield f"{base.fullname}.{name}"


def _written(kind: AnyType) -> bool:
    """Return whether somebody wrote ``Any``, or no type: one of a package that is not read comes out as Any, too."""
    while kind.source_any:
        kind = kind.source_any
    return kind.type_of_any in {TypeOfAny.explicit, TypeOfAny.unannotated}
