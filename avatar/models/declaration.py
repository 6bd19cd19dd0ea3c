"""Check of engine classes: every model that an engine opens is declared, so that the licence gate sees it."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import Field, fields
from os import PathLike
from pathlib import PurePath
from threading import Lock
from typing import Any, Literal, get_args, get_origin, get_type_hints
from weakref import WeakKeyDictionary

from avatar.errors import WeightsError
from avatar.models.reference import ModelRef

# Words that name a network, or a file of one. An option that means something else by them is a ``Literal``.
_MODEL_WORDS = {
    *("adapter", "aligner", "backbone", "checkpoint", "ckpt", "controlnet", "converter", "decoder", "denoiser"),
    *("detector", "diffusion", "discriminator", "embedder", "encoder", "enhancer", "generator", "gguf", "landmarker"),
    *("lora", "model", "models", "network", "onnx", "pth", "recogniser", "recognizer", "safetensors", "segmenter"),
    *("swapper", "tflite", "tokenizer", "transformer", "unet", "upscaler", "vae", "vocoder", "weight", "weights"),
}
_WEIGHT_SUFFIXES = {
    *(".bin", ".ckpt", ".gguf", ".h5", ".npz", ".onnx", ".pb", ".pickle", ".pkl", ".pt", ".pth", ".safetensors"),
    *(".tflite", ".torchscript"),
}
_PIN_WORDS = {"sha256", "sha512", "digest", "checksum"}
_LICENCE_WORDS = {"licence", "license"}
_OPENERS = {"InferenceSession", "Path", "PurePath", "from_pretrained", "open", "read_bytes", "safe_open"}

_known: WeakKeyDictionary[type[Any], tuple[str, ...]] = WeakKeyDictionary()  # engine class -> its faults
_checking = Lock()  # lines are made on threads, and CPython 3.11 can parse one source at a time (SystemError)


def refuse_undeclared_models(name: str, kind: type[Any]) -> None:
    """Refuse the engine class *kind*, registered as *name*, if an option of it could name a model undeclared.

    Raises:
        WeightsError: when one could; code ``weights.undeclared``. It names each option and says what to write instead.
    """
    with _checking:
        if kind not in _known:
            _known[kind] = tuple(_faults(kind))
    if faults := _known[kind]:
        raise WeightsError(
            f"engine {name!r} cannot be registered: {'; '.join(faults)}. Give each model one option of the type "
            f"avatar.models.reference.ModelRef, with path, sha256 and licence, like {_example(kind)}, and open it with "
            "resolve_pinned_file or resolve_pinned_dir; an option that is no model is a Literal of its values, or has "
            "another name",
            code="weights.undeclared",
        )


def refuse_model_path(name: str, option: str, value: Any) -> None:
    """Refuse the *value* of an *option* of engine *name* if it is the path of a weight file: it has no declaration.

    Raises:
        WeightsError: when it is; code ``weights.undeclared``.
    """
    if isinstance(value, str | PurePath) and _is_weight_file(value):
        raise WeightsError(
            f"engine {name!r}, option {option!r}: {str(value)!r} is a weight file, and this option declares no licence "
            f"for it; the author of the engine must give it the type avatar.models.reference.ModelRef",
            code="weights.undeclared",
        )


def _faults(kind: type[Any]) -> Iterator[str]:
    hints = get_type_hints(kind)
    opened = set(_opened(kind))
    faults = ((field.name, _fault(field, hints[field.name], opened=field.name in opened)) for field in fields(kind))
    yield from (f"its option {name!r} {fault}" for name, fault in faults if fault)


def _fault(field: Field[Any], hint: Any, *, opened: bool) -> str:
    """Return what is wrong with an option of the type *hint*, or nothing."""
    types, words = set(_types_in(hint)), set(field.name.lower().split("_"))
    if ModelRef in types:
        return ""
    is_path = any(isinstance(each, type) and issubclass(each, PathLike) for each in types)
    can_be_path = is_path or bool(types & {str, bytes, Any, object})
    default = field.default if isinstance(field.default, str) else ""
    faults = (
        (words & _PIN_WORDS, "is the digest of a file apart from its model"),
        (words & _LICENCE_WORDS, "is a licence apart from its model"),
        (is_path, "is the path of a file that nobody declared"),
        (can_be_path and words & _MODEL_WORDS, "says by its name that it is a model"),
        (can_be_path and opened, "is opened as a file"),
        (_is_weight_file(default), f"is a weight file by default ({default})"),
    )
    return next((fault for wrong, fault in faults if wrong), "")


def _is_weight_file(path: str | PurePath) -> bool:
    return PurePath(path).suffix.lower() in _WEIGHT_SUFFIXES


def _types_in(hint: Any) -> Iterator[Any]:
    """Yield the types that *hint* is made of: of ``tuple[str, ...] | None`` these are tuple, str and None."""
    if get_origin(hint) is Literal:
        return
    yield get_origin(hint) or hint
    for each in get_args(hint):
        yield from _types_in(each)


def _opened(kind: type[Any]) -> Iterator[str]:
    """Yield the options that the source of *kind* opens, joins to a folder, or loads; none without its source."""
    for base in kind.__mro__[:-1]:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        except (OSError, TypeError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _opens(node.func):
                yield from (name for argument in _arguments(node) if (name := _option(argument)))
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                yield _option(node.right)


def _opens(function: ast.expr) -> bool:
    name = str(getattr(function, "attr", "") or getattr(function, "id", ""))
    return name in _OPENERS or name.startswith("load")


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def _option(node: ast.expr) -> str:
    """Return ``x`` of ``self.x``, or nothing."""
    of_self = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if of_self and isinstance(node, ast.Attribute) else ""


def _example(kind: type[Any]) -> str:
    names = [field.name for field in fields(kind)]
    name = next((name for name in names if set(name.split("_")) & _MODEL_WORDS), "model")
    return f'{name}: ModelRef = ModelRef("folder/in/the/weights/folder", sha256="...", licence="Apache-2.0")'
