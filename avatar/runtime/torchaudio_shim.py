"""Makes coqui-tts and transformers importable on a machine without CUDA.

The wheels of torchaudio and torchcodec that they ask for link against CUDA libraries and refuse to load beside a CPU
build of torch. Neither's compiled part is needed to speak or to listen: torchaudio's functions in plain torch do, and
sound files are read by soundfile.
"""

import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_EXTENSION = "torchaudio._extension"
_CODEC = "torchcodec"


@lru_cache(maxsize=1)
def install_torchaudio_shim() -> None:
    """Let the packages be imported, whether or not those compiled parts load. Call it before importing them."""
    _without_compiled_torchaudio()
    _without_torchcodec()


def _without_compiled_torchaudio() -> None:
    """Let torchaudio take its compiled library as absent, which it supports, when it cannot be loaded."""
    if "torchaudio" in sys.modules:
        return
    try:
        import torchaudio
    except OSError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        absent = ModuleType(_EXTENSION)
        absent.__dict__.update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, fail_if_no_align=_refuse_all)
        sys.modules[_EXTENSION] = absent
        import torchaudio
    torchaudio.load = _read_with_soundfile


def _refuse_all(_function: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise NotImplementedError("this function needs the compiled part of torchaudio")

    return refuse


def _read_with_soundfile(path: str | Path, *_rest: Any, **_named: Any) -> tuple[Any, int]:
    """Read a sound file as torchaudio does: (channels, samples) in float32, and the rate."""
    import soundfile
    import torch

    sound, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    return torch.from_numpy(sound.T.copy()), int(rate)


def _without_torchcodec() -> None:
    """Put an empty module where torchcodec cannot be loaded: coqui-tts only asks whether it is there."""
    if _CODEC in sys.modules:
        return
    try:
        import torchcodec  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        for name in [name for name in sys.modules if name.split(".")[0] == _CODEC]:
            del sys.modules[name]
        empty = ModuleType(_CODEC)
        empty.__spec__ = ModuleSpec(_CODEC, None)
        sys.modules[_CODEC] = empty
