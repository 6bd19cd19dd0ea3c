"""Speech as the Wav2Lip generator hears it: windows of a mel spectrogram, streamed.

16 kHz; pre-emphasis 0.97; Hann windows of 800 samples every 200, mirrored at both ends; magnitudes in 80 Slaney mel
bands from 55 to 7600 Hz; decibels from -100 to 0 relative to 20, mapped to -4 to 4 and clipped. A frame hears 16
columns (0.2 s) that begin with it.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import chain, count
from math import floor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.faces.wav2lip.generator import MEL_BANDS, MEL_COLUMNS
from avatar.media.audio.io import Sound, iter_pieces, sample_rate_of
from avatar.media.audio.mel import mel_filter_bank
from avatar.media.audio.resample import resample_stream

Mel = NDArray[np.float32]  # (80, columns), -4 to 4

SAMPLE_RATE_HZ: Final = 16_000
_WINDOW_SAMPLES, _HOP_SAMPLES = 800, 200
_PADDING_SAMPLES: Final = _WINDOW_SAMPLES // 2  # samples mirrored at either end
_PREEMPHASIS: Final = 0.97
_MIN_FREQUENCY_HZ, _MAX_FREQUENCY_HZ = 55, 7_600
_FLOOR_DB, _REFERENCE_DB = -100.0, 20.0
_MAX_MEL_VALUE: Final = 4.0


def mel_windows(path: Path, rate: Fraction) -> Iterator[Mel]:
    """Give the window (80, 16) that each frame of *rate* hears of the speech at *path*; silence after it, for ever."""
    silence = (np.full((MEL_BANDS, MEL_COLUMNS), -_MAX_MEL_VALUE, np.float32) for _ in count())
    columns = chain(mel_spectrogram(resample_stream(iter_pieces(path), sample_rate_of(path), SAMPLE_RATE_HZ)), silence)
    held, dropped = np.zeros((MEL_BANDS, 0), np.float32), 0
    for frame in count():
        start = floor(frame * Fraction(SAMPLE_RATE_HZ, _HOP_SAMPLES) / rate)
        while held.shape[1] + dropped < start + MEL_COLUMNS:
            held = np.concatenate([held, next(columns)], axis=1)
        held, dropped = held[:, start - dropped :], start
        yield held[:, :MEL_COLUMNS]


def mel_spectrogram(pieces: Iterator[Sound]) -> Iterator[Mel]:
    """Give the mel spectrogram of the *pieces* of a sound at 16 kHz, column by column as soon as they are known."""
    held, last, begun = np.zeros(0, np.float32), np.float32(0), False
    for piece in pieces:
        if not len(piece):
            continue
        held = np.concatenate([held, piece - np.float32(_PREEMPHASIS) * np.concatenate([[last], piece[:-1]])])
        last = piece[-1]
        if not begun and len(held) > _PADDING_SAMPLES:
            held, begun = _reflect_pad(held), True
        if begun and (columns := _column_count(held)):
            yield _mel_columns(held)
            held = held[columns * _HOP_SAMPLES :]
    if not begun:
        held = _reflect_pad(np.pad(held, (0, max(0, _PADDING_SAMPLES + 1 - len(held)))))
    yield _mel_columns(_reflect_pad(held[::-1])[::-1])


def _reflect_pad(sound: Sound) -> Sound:
    """Return *sound* with its first half window mirrored before it."""
    return np.concatenate([sound[_PADDING_SAMPLES:0:-1], sound])


def _column_count(sound: Sound) -> int:
    return max(0, (len(sound) - _WINDOW_SAMPLES) // _HOP_SAMPLES + 1)


def _mel_columns(sound: Sound) -> Mel:
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW_SAMPLES)[::_HOP_SAMPLES]
    loudness = _mel_filters() @ np.abs(np.fft.rfft(windows * _hann(), axis=1)).T
    floor_of = 10 ** (_FLOOR_DB / 20)
    decibels = 20 * np.log10(np.maximum(floor_of, loudness)) - _REFERENCE_DB
    return np.clip(
        2 * _MAX_MEL_VALUE * (decibels / -_FLOOR_DB + 1) - _MAX_MEL_VALUE, -_MAX_MEL_VALUE, _MAX_MEL_VALUE
    ).astype(np.float32)


@cache
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW_SAMPLES) / _WINDOW_SAMPLES)


@cache
def _mel_filters() -> NDArray[np.float64]:
    return mel_filter_bank(SAMPLE_RATE_HZ, _WINDOW_SAMPLES, MEL_BANDS, _MIN_FREQUENCY_HZ, _MAX_FREQUENCY_HZ).astype(
        np.float64
    )
