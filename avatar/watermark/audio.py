"""The sound mark: says that speech is synthetic, and nothing else. Anyone can look for it; its weights are public."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.resample import resample
from avatar.models.weights import Weights, locate
from avatar.runtime.precision import bf16_autocast
from avatar.watermark.perth import HOP_SAMPLES, SAMPLE_RATE_HZ, Perth, open_perth

Sound = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

SOUND_MARK = Weights(
    name="sound-mark",
    source="package:perth/perth_net/pretrained/implicit/perth_net_250000.pth.tar",
    sha256="a15bce457ebc53ce5e6c9c3f11df78cf7ee2bf9cdab0a798902135b4c4027670",
    licence="MIT",
)

DETECTION_THRESHOLD = 0.5  # python -m benchmarks.marks has the scores of what is marked and what is not
_SPAN_SAMPLES = (
    10 * SAMPLE_RATE_HZ
)  # samples given to the networks at once: their memory does not grow with the length of the sound
_CONTEXT_SAMPLES = (
    SAMPLE_RATE_HZ // 2
)  # more than the networks see to either side of a moment, so that spans join without a seam
_MIN_SAMPLES = SAMPLE_RATE_HZ // 4
_SPEECH_RMS_SHARE = 1e-3  # of the loudest 10 ms: 60 dB below speech nobody speaks
_DILATION_HOPS = 25  # times 10 ms: silence this near to speech is looked at with it
_SILENCE_LEVEL = 1e-5  # full scale is 1: a sound that stays below (-100 dB) is none


@dataclass(frozen=True)
class AudioWatermark:
    """What a look for a mark gave: a *score*, near 1 in marked speech and near 0 in any other, and if it is *found*."""

    score: float
    found: bool


def embed_audio_watermark(samples: Sound, rate: int) -> Sound:
    """Return *samples* (mono, *rate* samples per second) with the mark in them: as many, and silence stays silence.

    Raises:
        WeightsError: when the weights of the mark are not here; there is no going on without.
    """
    network = _open_network()
    heard = _to_network_rate(samples, rate)
    if np.abs(heard).max(initial=0.0) < _SILENCE_LEVEL:
        return samples
    # Only what the mark adds makes the trip to another rate and back: the sound itself keeps all of its band.
    residue = resample(np.concatenate(list(_residues(network, heard))), SAMPLE_RATE_HZ, rate)[: len(samples)]
    marked = np.array(samples, np.float32)
    marked[: len(residue)] += residue
    return marked


def detect_audio_watermark(samples: Sound, rate: int) -> AudioWatermark:
    """Look for the mark in *samples* (mono, *rate* samples per second), ours or that of anyone else who uses Perth.

    Raises:
        WeightsError: when the weights of the mark are not here.
    """
    return detect_in_pieces([samples], rate)


def detect_in_pieces(pieces: Iterable[Sound], rate: int) -> AudioWatermark:
    """Look for the mark in sound at *rate* Hz that comes in *pieces*, best of some ten seconds each.

    Raises:
        WeightsError: when the weights of the mark are not here.
    """
    return combine_scores(score_spans(speech_spans(pieces, rate)))


def speech_spans(pieces: Iterable[Sound], rate: int) -> Iterator[Sound]:
    """Give the speech in *pieces*, which are at *rate* Hz, at 32 kHz and some seconds at a time."""
    for piece in pieces:
        spoken = _drop_silence(_to_network_rate(piece, rate))
        if len(spoken):
            yield from np.array_split(spoken, -(-len(spoken) // _SPAN_SAMPLES))


def score_spans(spans: Iterable[Sound]) -> list[tuple[float, int]]:
    """Return the score of each of *spans*, sound at 32 kHz, and its length in samples.

    Raises:
        WeightsError: when the weights of the mark are not here.
    """
    network = _open_network()
    return [(_score(network, span), len(span)) for span in spans]


def combine_scores(scores: Sequence[tuple[float, int]]) -> AudioWatermark:
    """Return what *scores* of spans, each with its length, say together."""
    score = min(max(_weighted_mean(scores), 0.0), 1.0) if scores else 0.0
    return AudioWatermark(round(score, 3), found=score >= DETECTION_THRESHOLD)


def _weighted_mean(scores: Sequence[tuple[float, int]]) -> float:
    return float(np.average([score for score, _ in scores], weights=[length for _, length in scores]))


def _open_network() -> Perth:
    return open_perth(locate(SOUND_MARK))


def _to_network_rate(samples: Sound, rate: int) -> Sound:
    heard = resample(np.ascontiguousarray(samples, np.float32), rate, SAMPLE_RATE_HZ)
    return np.pad(heard, (0, max(0, _MIN_SAMPLES - len(heard))))


def _residues(network: Perth, heard: Sound) -> Iterator[Sound]:
    import torch

    for start in range(0, len(heard), _SPAN_SAMPLES):
        before = max(0, start - _CONTEXT_SAMPLES)
        seen = torch.from_numpy(heard[before : start + _SPAN_SAMPLES + _CONTEXT_SAMPLES])
        with torch.inference_mode():
            residue = network.residue(seen).numpy()
        yield residue[start - before :][:_SPAN_SAMPLES]


def _drop_silence(heard: Sound) -> Sound:
    """Return *heard* without its silences: a codec fills them with something that no mark was put in."""
    from scipy.ndimage import binary_dilation

    hops = heard[: len(heard) // HOP_SAMPLES * HOP_SAMPLES].reshape(-1, HOP_SAMPLES)
    levels = np.sqrt(np.square(hops).mean(axis=1))
    loudest = float(levels.max(initial=0.0))
    if loudest < _SILENCE_LEVEL:
        return heard[:0]
    kept = binary_dilation(levels > _SPEECH_RMS_SHARE * loudest, np.ones(2 * _DILATION_HOPS + 1, bool))
    spoken: Sound = hops[kept].reshape(-1)
    return np.pad(spoken, (0, max(0, _MIN_SAMPLES - len(spoken))))


def _score(network: Perth, span: Sound) -> float:
    import torch

    with torch.inference_mode(), bf16_autocast():
        return network.score(torch.from_numpy(span))
