"""The sound mark: says that speech is synthetic, and nothing else. Anyone can look for it; its weights are public."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.resample import resample
from avatar.models.weights import Weights, locate
from avatar.runtime.precision import bf16_autocast
from avatar.watermark.perth import HOP, RATE, Perth, open_perth

Sound = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

SOUND_MARK = Weights(
    name="sound-mark",
    source="package:perth/perth_net/pretrained/implicit/perth_net_250000.pth.tar",
    sha256="a15bce457ebc53ce5e6c9c3f11df78cf7ee2bf9cdab0a798902135b4c4027670",
    licence="MIT",
)

THRESHOLD = 0.5  # python -m benchmarks.marks has the scores of what is marked and what is not
_SPAN = 10 * RATE  # samples given to the networks at once: their memory does not grow with the length of the sound
_CONTEXT = RATE // 2  # more than the networks see to either side of a moment, so that spans join without a seam
_SHORTEST = RATE // 4
_QUIET = 1e-3  # of the loudest 10 ms: 60 dB below speech nobody speaks
_NEAR = 25  # times 10 ms: silence this near to speech is looked at with it
_NOTHING = 1e-5  # full scale is 1: a sound that stays below (-100 dB) is none


@dataclass(frozen=True)
class MarkFinding:
    """What a look for a mark gave: a *score*, near 1 in marked speech and near 0 in any other, and if it is *found*."""

    score: float
    found: bool


def mark_sound(samples: Sound, rate: int) -> Sound:
    """Return *samples* (mono, *rate* samples per second) with the mark in them: as many, and silence stays silence.

    Raises:
        WeightsError: the weights of the mark are not here; there is no going on without.
    """
    network = _network()
    heard = _heard(samples, rate)
    if np.abs(heard).max(initial=0.0) < _NOTHING:
        return samples
    # Only what the mark adds makes the trip to another rate and back: the sound itself keeps all of its band.
    residue = resample(np.concatenate(list(_residues(network, heard))), RATE, rate)[: len(samples)]
    marked = np.array(samples, np.float32)
    marked[: len(residue)] += residue
    return marked


def detect_sound(samples: Sound, rate: int) -> MarkFinding:
    """Look for the mark in *samples* (mono, *rate* samples per second), ours or that of anyone else who uses Perth.

    Raises:
        WeightsError: the weights of the mark are not here.
    """
    return detect_in([samples], rate)


def detect_in(pieces: Iterable[Sound], rate: int) -> MarkFinding:
    """Look for the mark in sound that comes in *pieces*, best of some ten seconds each.

    Raises:
        WeightsError: the weights of the mark are not here.
    """
    return found_in(scored(spans_in(pieces, rate)))


def spans_in(pieces: Iterable[Sound], rate: int) -> Iterator[Sound]:
    """Give the speech in *pieces* at 32 kHz, some seconds at a time."""
    for piece in pieces:
        spoken = _spoken(_heard(piece, rate))
        if len(spoken):
            yield from np.array_split(spoken, -(-len(spoken) // _SPAN))


def scored(spans: Iterable[Sound]) -> list[tuple[float, int]]:
    """Return how marked each of *spans* is, and how long.

    Raises:
        WeightsError: the weights of the mark are not here.
    """
    network = _network()
    return [(_score(network, span), len(span)) for span in spans]


def found_in(scores: Sequence[tuple[float, int]]) -> MarkFinding:
    """Return what *scores* of spans, each with its length, say together."""
    score = min(max(_mean(scores), 0.0), 1.0) if scores else 0.0
    return MarkFinding(round(score, 3), found=score >= THRESHOLD)


def _mean(scores: Sequence[tuple[float, int]]) -> float:
    return float(np.average([score for score, _ in scores], weights=[length for _, length in scores]))


def _network() -> Perth:
    return open_perth(locate(SOUND_MARK))


def _heard(samples: Sound, rate: int) -> Sound:
    heard = resample(np.ascontiguousarray(samples, np.float32), rate, RATE)
    return np.pad(heard, (0, max(0, _SHORTEST - len(heard))))


def _residues(network: Perth, heard: Sound) -> Iterator[Sound]:
    import torch

    for start in range(0, len(heard), _SPAN):
        before = max(0, start - _CONTEXT)
        seen = torch.from_numpy(heard[before : start + _SPAN + _CONTEXT])
        with torch.inference_mode():
            residue = network.residue(seen).numpy()
        yield residue[start - before :][:_SPAN]


def _spoken(heard: Sound) -> Sound:
    """Return *heard* without its silences: a codec fills them with something that no mark was put in."""
    from scipy.ndimage import binary_dilation

    hops = heard[: len(heard) // HOP * HOP].reshape(-1, HOP)
    levels = np.sqrt(np.square(hops).mean(axis=1))
    loudest = float(levels.max(initial=0.0))
    if loudest < _NOTHING:
        return heard[:0]
    kept = binary_dilation(levels > _QUIET * loudest, np.ones(2 * _NEAR + 1, bool))
    spoken: Sound = hops[kept].reshape(-1)
    return np.pad(spoken, (0, max(0, _SHORTEST - len(spoken))))


def _score(network: Perth, span: Sound) -> float:
    import torch

    with torch.inference_mode(), bf16_autocast():
        return network.score(torch.from_numpy(span))
