"""Post-processing of a take: trim, normalise loudness, limit, add room tone, resample to 48 kHz."""

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.limiter import limit_sample_peaks
from avatar.media.audio.loudness import RATE, loudness_of
from avatar.media.audio.resample import resample
from avatar.media.audio.room_tone import room_tone
from avatar.voices.timings import SILENCE, Timings, shift_timings

Sound = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

TARGET_LUFS = -23.0  # LUFS of every line (EBU R 128), so that cuts between lines do not jump

_LEAD_IN_S = 0.10  # seconds of room before the first phoneme
_TAIL_S_BY_MARK = {",": 0.25, ";": 0.30, ":": 0.30, ".": 0.40, "!": 0.40, "?": 0.42, "—": 0.45, "…": 0.45}
_DEFAULT_TAIL_S = 0.30  # seconds of room after a line that ends without a mark
_ATTACK_S, _RELEASE_S = 0.03, 0.06  # seconds kept around the phonemes: breath and the end of a stop
_FADE_S = 0.012  # seconds
_PEAK_CEILING = 0.79  # -2 dB
_LIMITER_WINDOW_S = 0.005  # seconds the limiter looks around each sample


def postprocess(  # noqa: PLR0913 - a take, and how it is to stand
    sound: Sound, rate: int, timings: Timings, text: str, seed: int, *, rest: float = 0.0
) -> tuple[Sound, Timings]:
    """Return *sound* at *rate* Hz, which says *text*, as finished speech at 48 kHz, and its timings.

    *seed* decides the room tone; *rest* is a longer pause after the line, in seconds.
    """
    first, last = _speech_span(timings)
    start, end = max(0.0, first - _ATTACK_S), min(timings.duration, last + _RELEASE_S)
    spoken = fade_edges(resample(sound[round(start * rate) : round(end * rate)], rate, RATE))
    spoken = limit_peaks(spoken * gain_to_target(loudness_of(spoken, RATE)))
    before, after = round((_LEAD_IN_S - (first - start)) * RATE), round((_tail_s(text) + rest - (end - last)) * RATE)
    whole = np.pad(spoken, (before, max(after, 0)))
    whole = (whole + room_tone(len(whole), seed)).astype(np.float32)
    return whole, shift_timings(timings, _LEAD_IN_S - first, len(whole) / RATE)


def _speech_span(timings: Timings) -> tuple[float, float]:
    spoken = [phone for phone in timings.phones if phone.symbol != SILENCE]
    return (spoken[0].start, spoken[-1].end) if spoken else (0.0, timings.duration)


def _tail_s(text: str) -> float:
    """Return the seconds of room after *text*: as long as a reader pauses at its last mark."""
    bare = text.rstrip("\"'”’)]} ")
    return (
        _DEFAULT_TAIL_S
        if not bare
        else 0.45
        if bare.endswith("...")
        else _TAIL_S_BY_MARK.get(bare[-1], _DEFAULT_TAIL_S)
    )


def fade_edges(sound: Sound) -> Sound:
    """Return *sound* (48 kHz) faded in and out over 12 ms, so that its ends do not click."""
    edge = min(round(_FADE_S * RATE), len(sound) // 2)
    ramp = np.sin(np.linspace(0, np.pi / 2, edge, endpoint=False, dtype=np.float32)) ** 2
    sound = sound.copy()
    sound[:edge] *= ramp
    sound[len(sound) - edge :] *= ramp[::-1]
    return sound


def gain_to_target(loudness: float) -> np.float32:
    """Return what makes speech of this *loudness* (LUFS) as loud as every line is."""
    return np.float32(10 ** ((TARGET_LUFS - loudness) / 20))


def limit_peaks(sound: Sound) -> Sound:
    """Return *sound* (48 kHz) with its peaks at -2 dB or below, turned down smoothly around each peak."""
    return limit_sample_peaks(sound, _PEAK_CEILING, round(_LIMITER_WINDOW_S * RATE))
