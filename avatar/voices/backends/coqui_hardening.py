"""Holds coqui-tts to files of plain data in a model's own folder.

As it comes, the library unpickles statistics, evaluates a string that lies in a checkpoint, and downloads what it does
not find. Here it reads arrays, a string of a known form, and files that are there.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from avatar.errors import WeightsError
from avatar.runtime.torchaudio_shim import install_torchaudio_shim

_STATISTICS = ("mel_mean", "mel_std", "linear_mean", "linear_std")
_LAYERS = "conv_feature_layers"  # the library evaluates it, so it must be a sum of lists of numbers
_LAYER = r"\[\(\d{1,4},\s*\d{1,3},\s*\d{1,3}\)\](?:\s*\*\s*\d{1,2})?"
_SUM_OF_LISTS = re.compile(rf"{_LAYER}(?:\s*\+\s*{_LAYER}){{0,20}}")
_build_lock = threading.Lock()
_generator_lock = threading.Lock()


@lru_cache(maxsize=1)
def harden_coqui() -> None:
    """Let coqui-tts be imported, and read only plain data. Call it before importing it."""
    install_torchaudio_shim()
    from TTS.utils.audio import AudioProcessor

    AudioProcessor.load_stats = _load_statistics
    # It logs what it is given to say, and what it cannot.
    logging.getLogger("TTS").setLevel(logging.ERROR)


@contextmanager
def wrap_load_errors(folder: Path) -> Iterator[None]:
    """Say of whatever goes wrong while a model is loaded from *folder* what its user can do.

    Raises:
        WeightsError: when a pickle holds more than tensors; code ``weights.unreadable``; when anything else goes wrong;
            code ``weights.other-network``.
    """
    try:
        yield
    except WeightsError:
        raise
    except Exception as error:  # zip, pickle, storage, shapes: each breaks in its own way
        if type(error).__name__ == "UnpicklingError":
            raise WeightsError(
                f"{folder} holds more than tensors: a pickle that would run what it brings, and was not run; bring the "
                "original files, or the tensors alone",
                code="weights.unreadable",
            ) from error
        what = str(error).strip().splitlines() or [type(error).__name__]
        raise WeightsError(
            f"{folder} is not a model as its config.json describes it ({what[0][:120]}); bring the original files",
            code="weights.other-network",
        ) from error


@contextmanager
def seeded_torch(seed: int) -> Iterator[None]:
    """Let torch draw its random numbers from *seed*, for one thread at a time: the generator is everyone's."""
    import torch

    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with _generator_lock, torch.random.fork_rng(devices=gpus), torch.inference_mode():
        torch.manual_seed(seed)
        yield


@contextmanager
def local_companions(wavlm: Path, encoder: Path | None = None) -> Iterator[None]:
    """Have the conversion models that are built meanwhile take *wavlm* and the speaker *encoder* from these files."""
    from TTS.vc.layers.freevc.speaker_encoder.speaker_encoder import SpeakerEncoder
    from TTS.vc.models import freevc, knnvc

    with _build_lock:
        kept = freevc.get_wavlm, knnvc.get_wavlm, freevc.SpeakerEncoderEx
        freevc.get_wavlm = knnvc.get_wavlm = lambda: _wavlm(wavlm)
        freevc.SpeakerEncoderEx = lambda _address: SpeakerEncoder(_encoder_path(encoder))
        try:
            yield
        finally:
            freevc.get_wavlm, knnvc.get_wavlm, freevc.SpeakerEncoderEx = kept


def _encoder_path(encoder: Path | None) -> str:
    if encoder is None:
        raise WeightsError(
            "this FreeVC hears the person by a speaker encoder of its own; bring speaker_encoder.pt into its folder",
            code="weights.missing",
        )
    return str(encoder)


def _wavlm(path: Path) -> Any:
    """Return the WavLM in the public checkpoint *path*: ``{"cfg": ..., "model": tensors}``."""
    import torch
    from TTS.vc.layers.freevc.wavlm.wavlm import WavLM, WavLMConfig

    stored = torch.load(path, map_location="cpu", weights_only=True)
    if not _SUM_OF_LISTS.fullmatch(str(stored["cfg"].get(_LAYERS, ""))):
        raise WeightsError(
            f"{path} has in place of its layers what would be run as code, and was not; bring the original file",
            code="weights.unreadable",
        )
    network = WavLM(WavLMConfig(stored["cfg"]))
    network.load_state_dict(stored["model"])
    return network.eval()


def _load_statistics(_processor: Any, path: str) -> tuple[Any, ...]:
    """Return the means and spreads that a model's spectrograms were scaled by, from an archive of arrays.

    The public ``scale_stats.npy`` is a pickle: only its conversion, beside it, is read.
    """
    archive = Path(path).with_suffix(".npz")
    if not archive.is_file():
        raise WeightsError(
            f'{path} is a pickle, which is not read; on a machine where you trust it, run: python -c "import numpy; '
            f"s = numpy.load('{Path(path).name}', allow_pickle=True).item(); "
            f"numpy.savez('{archive.name}', **{{k: s[k] for k in {_STATISTICS}}})\", and pin the folder anew",
            code="weights.unreadable",
        )
    with np.load(archive, allow_pickle=False) as held:
        return (*(held[name] for name in _STATISTICS), {})
