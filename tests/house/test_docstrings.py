"""Whoever passes an array reads in the docstring, or where its alias is defined, how long its axes are."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import avatar

HOME = Path(avatar.__file__).parent
PACKAGES = ("faces", "media", "models", "voices", "watermark")

ARRAYS = frozenset(["NDArray", "ndarray", "Tensor"])

# Aliases that say at their definition, in a comment, what each array of theirs is; docstrings need not repeat it.
DESCRIBED = frozenset(
    [
        "avatar.faces.detection.face_embedding.Embedding",
        "avatar.faces.inswapper.alignment.Affine",
        "avatar.faces.wav2lip.mel.Mel",
        "avatar.media.audio.io.Sound",
        "avatar.media.audio.limiter.Curve",
        "avatar.media.audio.loudness.Sound",
        "avatar.media.frames.Landmarks",
        "avatar.media.frames.Pixels",
        "avatar.media.frames.Planes",
        "avatar.voices.alignment.long_form.Floats",
        "avatar.voices.alignment.segmentation.Floats",
        "avatar.voices.backends.cloning.Floats",
        "avatar.voices.backends.conversion.Floats",
        "avatar.voices.judging.postprocess.Sound",
        "avatar.voices.judging.take_gate.Floats",
        "avatar.watermark.audio.Sound",
        "avatar.watermark.carrier.Spectrum",
        "avatar.watermark.detect.Demodulated",
        "avatar.watermark.reed_solomon.Codewords",
        "avatar.watermark.reed_solomon.Votes",
    ]
)

_NAMED = (
    "n|m|k|d|h|w|bands|batch|bins|channels|columns|count|frames|height|inputs|outputs|places|rows|samples|size|steps"
)
_LENGTH = rf"(?:>=)?(?:\d+|\*?(?:{_NAMED})\*?|[A-Z][A-Z_]+|\.\.\.)"
_AXIS = rf"{_LENGTH}(?: ?(?:[-+*/]|or)? ?{_LENGTH})*"
SHAPE = re.compile(rf"\({_AXIS},(?: {_AXIS}(?:, {_AXIS})*)?(?:[;, ][^()]*)?\)")


@dataclass(frozen=True)
class Function:
    """A public *function* or method of the file *path*, and which of its arguments and results are arrays."""

    path: Path
    name: str
    docstring: str
    arrays: tuple[str, ...]

    @property
    def missing(self) -> str:
        """What is missing and how to add it: the empty string for nothing."""
        if SHAPE.search(self.docstring):
            return ""
        return (
            f"{self.path.relative_to(HOME.parent)}: the docstring of {self.name} gives no shape for "
            f"{', '.join(self.arrays)}; add shape, unit and range, like (n,) in Hz or (h, w, 3) in 0 to 255"
        )


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def _origins(path: Path) -> dict[str, str]:
    """Return the full name of each name that the module at *path* imports or assigns."""
    module = ".".join(path.relative_to(HOME.parent).with_suffix("").parts)
    origins = {}
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            origins |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in _parsed(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            origins[node.targets[0].id] = f"{module}.{node.targets[0].id}"
    return origins


def _file_of(full_name: str) -> Path:
    return HOME.parent.joinpath(*full_name.split(".")[:-1]).with_suffix(".py")


def _definition(full_name: str) -> ast.Assign | None:
    """Return the assignment of *full_name* in the product, or ``None`` where it is none."""
    path, name = _file_of(full_name), full_name.rsplit(".", 1)[-1]
    if not full_name.startswith("avatar.") or not path.is_file():
        return None
    for node in _parsed(path).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return node
    return None


def _is_array(annotation: ast.expr | None, path: Path) -> bool:
    """Return whether *annotation* in *path* holds an array whose shape no alias says."""
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _is_array(ast.parse(node.value, mode="eval").body, path):
                return True
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            full_name = _origins(path).get(name, name)
            if name in ARRAYS:
                return True
            if full_name in DESCRIBED or (found := _definition(full_name)) is None:
                continue
            # Of what is called, only the alias itself counts: a constant may well be an array, but is no annotation.
            if isinstance(found.value, ast.Subscript) and _is_array(found.value, _file_of(full_name)):
                return True
    return False


def _functions(path: Path) -> Iterator[Function]:
    """Give the public functions and methods of *path* that take or return arrays.

    What a layer's ``forward`` takes and makes may stand in the docstring of the layer.
    """
    yield from _functions_of(_parsed(path), path, "", "")


def _functions_of(node: ast.Module | ast.ClassDef, path: Path, prefix: str, around: str) -> Iterator[Function]:
    for each in node.body:
        if isinstance(each, ast.ClassDef | ast.FunctionDef) and each.name.startswith("_"):
            continue
        if isinstance(each, ast.ClassDef):
            yield from _functions_of(each, path, f"{prefix}{each.name}.", ast.get_docstring(each) or "")
        elif isinstance(each, ast.FunctionDef):
            given = each.args
            annotated = [
                (argument.arg, argument.annotation)
                for argument in (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg)
                if argument is not None
            ]
            arrays = tuple(
                name for name, annotation in (*annotated, ("the result", each.returns)) if _is_array(annotation, path)
            )
            docstring = ast.get_docstring(each) or (around if each.name == "forward" else "")
            if arrays:
                yield Function(path, f"{prefix}{each.name}", docstring, arrays)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_public_function_says_the_shape_of_its_arrays(package: str) -> None:
    found = [function for path in sorted((HOME / package).rglob("*.py")) for function in _functions(path)]

    assert found
    assert [function.missing for function in found if function.missing] == []


@pytest.mark.parametrize("alias", sorted(DESCRIBED))
def test_an_alias_that_spares_docstrings_the_shape_says_it_itself(alias: str) -> None:
    definition = _definition(alias)

    assert definition is not None, f"{alias} is gone: take it out of DESCRIBED"
    line = _file_of(alias).read_text("utf-8").splitlines()[definition.lineno - 1]
    comment = line.partition("#")[2]
    assert SHAPE.search(comment), f"{alias}: add a comment with shape, unit and range, like # (samples,), mono"


@pytest.mark.parametrize(
    "text",
    ["(n,)", "(n, 2)", "(h, w, 3)", "(468, 3)", "(468, 3; pixels)", "(*count*, 52)", "(n, >=2)", "(n, 3, 8 h, 8 w)"],
)
def test_a_shape_is_lengths_in_parentheses(text: str) -> None:
    assert SHAPE.search(f"Return the points {text}.")


@pytest.mark.parametrize("text", ["(n)", "(x, y)", "(mono, 48 kHz)", "(RGB)", "(0 to 1)", "(red, green, blue)"])
def test_words_and_ranges_are_no_shape(text: str) -> None:
    assert not SHAPE.search(f"Return the points {text}.")


def test_a_docstring_without_a_shape_is_told_where_and_what_to_add() -> None:
    missing = Function(HOME / "faces" / "drawing.py", "Pen.draw", "Draw along *points*.", ("points",)).missing

    assert "avatar/faces/drawing.py" in missing
    assert "Pen.draw" in missing
    assert "points" in missing
    assert "add shape" in missing
