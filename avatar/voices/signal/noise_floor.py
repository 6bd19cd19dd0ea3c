"""The noise floor below the pitch (breath, hum, rumble): measured, and lowered to that of another voice."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.voices.signal.spectra import BINS, HOP, MIN_VOICED_HZ, RATE, Spectra

UNKNOWN_NOISE_FLOOR: Final = float("inf")

_WINDOW_SAMPLES = 2 * (BINS - 1)  # samples of a frame's window
_BIN_HZ = RATE / _WINDOW_SAMPLES  # Hz
_MIN_HZ = 20.0  # Hz
_HARMONIC_MARGIN_HZ = 60.0  # Hz: nearer to a harmonic its own width is seen, ...
_MIN_BAND_HZ = 60.0  # ... so below this plus that there is no room to look: deep voices are left as they are
_MAX_HARMONIC_HZ = 1_500.0  # Hz: the strongest harmonic is below
_FULL_PITCH_SHARE, _ZERO_PITCH_SHARE = (
    0.6,
    0.8,
)  # of the pitch: what is below the one is lowered, what is above the other is not


def measure_noise_floor(sound: NDArray[np.float32], pitch: NDArray[np.floating], active: NDArray[np.bool_]) -> float:
    """Return the level of *sound* (samples,) at 24 kHz below its *pitch*, in nepers over the strongest harmonic.

    ``UNKNOWN_NOISE_FLOOR`` of a voice that is too deep to tell. *pitch* (frames,) is in Hz; only the frames of the mask
    *active* (frames,) count.
    """
    framed = np.lib.stride_tricks.sliding_window_view(np.pad(sound, _WINDOW_SAMPLES // 2), _WINDOW_SAMPLES)[::HOP][
        : len(pitch)
    ]
    frames = np.flatnonzero(_is_measurable(pitch[: len(framed)]) & active[: len(framed)])
    if not len(frames):
        return UNKNOWN_NOISE_FLOOR
    window = np.hanning(_WINDOW_SAMPLES + 1)[:-1]
    logs = np.log(np.abs(np.fft.rfft(framed[frames] * window, axis=1)) + 1e-6).T
    below = (_bin_frequencies() >= _MIN_HZ) & (_bin_frequencies() <= pitch[frames] - _HARMONIC_MARGIN_HZ)
    strongest = logs[(_bin_frequencies() <= _MAX_HARMONIC_HZ)[:, 0]].max(axis=0)
    return float(((logs - strongest) * below).sum() / below.sum())


def lower_noise_floor(spectra: Spectra, change: float) -> Spectra:
    """Return *spectra* with what is below the pitch changed by *change* nepers, if that is less, where voiced.

    The base voice has what it has below a pitch of its own. Moved up, it would leave a hum there that is nobody's.
    """
    if not change < 0:  # there is more to hear below the person's pitch, or nothing is known
        return spectra
    part = np.clip(
        (_ZERO_PITCH_SHARE - _bin_frequencies() / np.maximum(spectra.pitch, MIN_VOICED_HZ))
        / (_ZERO_PITCH_SHARE - _FULL_PITCH_SHARE),
        0,
        1,
    )
    less = np.where(_is_measurable(spectra.pitch), change * part, 0.0).astype(np.float32)
    return replace(spectra, noise=spectra.noise + less, rest=spectra.rest + less)


def _is_measurable(pitch: NDArray[np.floating]) -> NDArray[np.bool_]:
    return np.asarray(pitch >= _MIN_BAND_HZ + _HARMONIC_MARGIN_HZ)


def _bin_frequencies() -> NDArray[np.float64]:
    """Return the frequencies of the bins (601, 1)."""
    return np.asarray(np.arange(BINS)[:, None] * _BIN_HZ, np.float64)
