"""Speech quality: the predicted mean opinion score (MOS), 1 (bad) to 5 (excellent), by Distill-MOS."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.resample import resample
from avatar.models.weights import Weights
from avatar.runtime.precision import bf16_autocast
from avatar.runtime.threads import one_thread
from avatar.runtime.torchaudio_shim import install_torchaudio_shim

QUALITY = Weights(
    name="quality judge",
    source="package:distillmos/weights/distill_mos_v7.pt",
    sha256="b18b3ac60227267cfb91e5d00ce22cc7b73716fd92f269484da1446e27031a40",
    licence="MIT",
)

_SAMPLE_RATE_HZ = 16_000  # samples per second, as it hears
_WINDOW_SAMPLES = 122_880  # samples: 7.68 s at a time
_HOP_SAMPLES = (
    160  # samples of a column of its spectrogram; its convolutions see 11 columns to either side, and halve them
)
_SILENCE_MARGIN_FRAMES = (
    40  # columns of silence that are really looked at: the edges of both, and some in between that are alike
)
_EDGE_FRAMES = 8  # columns after halving that know of the end


def predict_mos(sound: NDArray[np.float32], rate: int, weights: Path) -> float:
    """Return the expected mean opinion score of the mono *sound* (samples,) at *rate* Hz."""
    import torch

    heard = resample(sound, rate, _SAMPLE_RATE_HZ)
    padded = np.pad(heard, (0, max(0, _WINDOW_SAMPLES - len(heard))))
    # As few windows as cover the sound: the package takes one a second, at seven times the cost for .02 of a point.
    count = -(-len(padded) // _WINDOW_SAMPLES)
    starts = np.linspace(0, len(padded) - _WINDOW_SAMPLES, count).astype(int)
    windows = np.stack([padded[start : start + _WINDOW_SAMPLES] for start in starts])
    with one_thread(), torch.inference_mode():
        network, given = _load(weights), torch.from_numpy(windows)
        given = given / (given.abs().amax(dim=1, keepdim=True) + 1e-8)
        seen = _convolve(network, given, -(-min(len(heard), _WINDOW_SAMPLES) // _HOP_SAMPLES))
        return float((1 + 4 * network.transformer_pool_attn(seen.permute(0, 2, 1))).mean())


def _convolve(network: Any, given: Any, columns: int) -> Any:
    """Return what the convolutions make of *given* (windows, samples), whose sound ends after *columns*.

    The silence that fills up a window looks alike everywhere: it is looked at once, and repeated.
    """
    import torch

    whole = given.shape[1] // _HOP_SAMPLES
    looked_at = min((columns + _SILENCE_MARGIN_FRAMES) // 2 * 2, whole)
    with bf16_autocast():
        seen = network.cnn(given[:, : looked_at * _HOP_SAMPLES]).float()
    at = seen.shape[2] - _EDGE_FRAMES
    silence = seen[:, :, at : at + 1].expand(-1, -1, (whole - looked_at) // 2)
    return torch.cat([seen[:, :, :at], silence, seen[:, :, at:]], dim=2)


@lru_cache(maxsize=1)
def _load(weights: Path) -> Any:
    install_torchaudio_shim()
    import torch
    from distillmos import ConvTransformerSQAModel

    network = ConvTransformerSQAModel(load_weights=False, segmenting_in_forward=False)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True)["model"])
    return network.eval()
