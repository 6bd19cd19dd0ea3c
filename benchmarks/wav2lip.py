"""Wav2Lip beside the public code, with the same random weights: the same faces, and what a frame costs.

First the network and the spectrogram alone, then dubbing from file to file. Costs are processor seconds of one thread,
rounds of all interleaved, medians.
"""

import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.wav2lip.checkpoint import read_checkpoint
from avatar.faces.wav2lip.crop import HALF_SIZE_PX
from avatar.faces.wav2lip.generator import Wav2LipGenerator
from avatar.faces.wav2lip.mel import mel_windows
from benchmarks import dubbing
from benchmarks.rows import Row

_OURS = 8  # faces: the batch of the engine
_THEIRS = (4, 8, 16, 128)  # 128 is the default of the public script; one of the others is its best
_ROUNDS = 3  # of all contenders
_LEVELS = 255


def rows(peer: Path) -> Iterator[Row]:
    """Give all figures beside the checkout *peer*."""
    import torch

    torch.set_num_threads(1)
    sys.path.insert(0, str(peer))
    theirs = _random_network(importlib.import_module("models"))
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "net.pth"
        torch.save({"state_dict": theirs.state_dict()}, checkpoint)
        ours = Wav2LipGenerator(read_checkpoint(checkpoint))
        yield Row(
            "mel: largest difference",
            _heard_apart(importlib.import_module("audio"), Path(folder) / "noise.wav"),
            "of 8",
        )
        yield from _differences(ours, theirs)
        yield from _costs(ours, theirs)
        yield from dubbing.rows(peer, checkpoint)


def _random_network(models: Any) -> Any:
    """Return the public network with random weights, its normalisation settled on random faces as training would."""
    import torch

    torch.manual_seed(1)
    network = models.Wav2Lip().train()
    seen, heard = _some(_OURS)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
                module.weight.uniform_(0.8, 1.2)
                module.bias.normal_(0, 0.1)
        network.output_block[1].weight.mul_(4)  # faces of some contrast
        network(heard, seen)
    return network.eval()


def _some(count: int) -> tuple[Any, Any]:
    import torch

    source = torch.Generator().manual_seed(2)
    seen = torch.rand(count, 6, 96, 96, generator=source)
    seen[:, :3, HALF_SIZE_PX:] = 0
    return seen, torch.randn(count, 1, 80, 16, generator=source).clamp(-4, 4)


def _differences(ours: Wav2LipGenerator, theirs: Any) -> Iterator[Row]:
    import torch

    seen, heard = _some(_OURS)
    with torch.no_grad():
        wanted = theirs(heard, seen)[:, :, HALF_SIZE_PX:] * _LEVELS
    made = ours.generate(seen, heard, first=HALF_SIZE_PX) * _LEVELS
    yield Row("lower half: spread of the values", float(wanted.std()), "of 255")
    yield Row("lower half: largest difference", float((made - wanted).abs().max()), "of 255")
    written = made.to(torch.uint8).int() - wanted.to(torch.uint8).int()
    yield Row("lower half: largest difference as written", float(written.abs().max()), "of 255")


def _costs(ours: Wav2LipGenerator, theirs: Any) -> Iterator[Row]:
    import torch

    def their_way(batch: tuple[Any, Any]) -> None:
        with torch.no_grad():
            theirs(batch[1], batch[0])

    def our_way(batch: tuple[Any, Any]) -> None:
        ours.generate(*batch, first=HALF_SIZE_PX)

    contenders = [("ours", _OURS, our_way), *(("public code", batch, their_way) for batch in _THEIRS)]
    spent: dict[str, list[float]] = {}
    for _ in range(_ROUNDS):
        for name, batch, way in contenders:
            spent.setdefault(f"{name}, batch {batch}", []).append(_cost(way, batch))
    middle = {name: median(each) for name, each in spent.items()}
    yield from (Row(name, 1000 * cost, "CPU-ms/frame") for name, cost in middle.items())
    own, default = middle[f"ours, batch {_OURS}"], middle["public code, batch 128"]
    best = min(cost for name, cost in middle.items() if name.startswith("public"))
    yield Row("less than the public default", default / own, "times")
    yield Row("less than the public best", best / own, "times")


def _cost(way: Callable[[tuple[Any, Any]], None], batch: int) -> float:
    """Return the processor seconds of a frame, over at least 32 of them."""
    given, times = _some(batch), max(1, 32 // batch)
    start = time.process_time()
    for _ in range(times):
        way(given)
    return (time.process_time() - start) / (times * batch)


def _heard_apart(audio: Any, path: Path) -> float:
    """Return the largest difference of what frames hear, away from the ends: librosa has changed how it mirrors."""
    import librosa
    import soundfile

    sound = np.random.default_rng(3).normal(0, 0.1, 16_000 * 4).astype(np.float32)
    soundfile.write(path, sound, 16_000, subtype="FLOAT")
    # The public code gives these by position, which librosa no longer takes.
    audio._mel_basis = librosa.filters.mel(sr=16_000, n_fft=800, n_mels=80, fmin=55, fmax=7600)
    whole: NDArray[np.float64] = audio.melspectrogram(audio.load_wav(str(path), 16_000))
    frames = islice(mel_windows(path, Fraction(25)), 1, 90)
    pairs = ((window, whole[:, int(i * 80 / 25) :][:, :16]) for i, window in enumerate(frames, 1))
    return max(float(np.abs(window - other).max()) for window, other in pairs)
