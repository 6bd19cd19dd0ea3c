"""A speech to look at: its wave, its words and phonemes, and what the mouth is asked to do meanwhile."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from avatar.faces.geometry.blendshapes import INDEX, Floats
from avatar.faces.motion.visemes import BILABIALS, LABIODENTALS, viseme_track
from avatar.media.audio.io import Sound
from avatar.media.frames import frame_count
from avatar.runtime.atomic import atomic_write
from avatar.voices.timings import SILENCE, Timings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_S = 4.0  # seconds a row: more, and neighbouring phonemes overlap
_ROW_WIDTH_IN = 16.0
_ROW_HEIGHT_IN = 3.1
_DPI = 100  # per inch
_WAVE_POINTS = 1600  # of the wave, a row
_CURVE_RATE_HZ = Fraction(100)
# Okabe and Ito's colours, told apart by everyone.
_BILABIAL_COLOR, _LABIODENTAL_COLOR, _ROUNDED_COLOR, _OPEN_COLOR, _OTHER_COLOR = (
    "#D55E00",
    "#E69F00",
    "#0072B2",
    "#009E73",
    "#7f8c99",
)
_CURVES = {
    "jawOpen": ("jaw open", _OPEN_COLOR),
    "mouthPucker": ("pucker", _ROUNDED_COLOR),
    "mouthPressLeft": ("lips press", _BILABIAL_COLOR),
}
_ROUNDED_PHONES = ("W", "R", "UW", "UH", "OW", "AO", "OY", "ER", "SH", "ZH", "CH", "JH")
_OPEN_PHONES = ("AA", "AE", "AH", "AW", "AY", "EH", "EY", "IH", "IY")


def plot_visemes(sound: Sound, rate: int, timings: Timings, to: Path) -> None:
    """Write a PNG of *sound* (*rate* samples per second), which says *timings*, in rows of four seconds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = max(1, int(np.ceil(timings.duration / _ROW_S)))
    figure = Figure(figsize=(_ROW_WIDTH_IN, _ROW_HEIGHT_IN * rows), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    track = viseme_track(timings, _CURVE_RATE_HZ, frame_count(timings.duration, _CURVE_RATE_HZ))
    loudest = max(float(np.abs(sound).max(initial=0.0)), 1e-6)
    for row, axes in enumerate(figure.subplots(rows, 1, squeeze=False)[:, 0]):
        axes.set_xlim(row * _ROW_S, (row + 1) * _ROW_S)
        axes.set_ylim(-1.75, 1.45)
        axes.set_yticks([])
        axes.set_xticks(np.arange(row * _ROW_S, (row + 1) * _ROW_S + 0.01, 0.5))
        _wave(axes, sound / loudest, rate)
        _curves(axes, track)
        _phones(axes, timings)
        _words(axes, timings)
        if row == 0:
            axes.legend(loc="upper right", ncols=len(_CURVES), frameon=False, fontsize=9)
    figure.axes[-1].set_xlabel("seconds")
    with atomic_write(to) as beside:
        figure.savefig(beside, format="png", metadata={"Software": None})


def _wave(axes: "Axes", sound: Sound, rate: int) -> None:
    """Draw the highest and the lowest sample of each small stretch, between 0 and 1."""
    first, last = (round(edge * rate) for edge in axes.get_xlim())
    part = sound[first:last]
    step = max(1, round((last - first) / _WAVE_POINTS))
    stretches = part[: len(part) // step * step].reshape(-1, step)
    if len(stretches):
        times = (first + (np.arange(len(stretches)) + 0.5) * step) / rate
        axes.fill_between(
            times, 0.5 + stretches.min(axis=1) / 2, 0.5 + stretches.max(axis=1) / 2, color="#c3cad3", lw=0
        )


def _curves(axes: "Axes", track: Floats) -> None:
    times = (np.arange(len(track)) + 0.5) / float(_CURVE_RATE_HZ)
    for name, (label, colour) in _CURVES.items():
        values = track[:, INDEX[name]]
        axes.plot(times, values / 0.7, color=colour, lw=1.8, label=label)


def _phones(axes: "Axes", timings: Timings) -> None:
    for phone in timings.phones:
        if phone.symbol != SILENCE and _is_visible(axes, phone):
            width = phone.end - phone.start
            axes.broken_barh([(phone.start, width)], (-0.62, 0.5), color=_phone_color(phone.symbol), alpha=0.85, lw=0)
            size = 9 if width >= 0.045 else 6
            _write_label(axes, phone, -0.37, phone.symbol, color="white", fontsize=size, fontweight="bold")
            axes.axvline(phone.start, ymin=0.35, color="#e6e9ed", lw=0.6, zorder=0)


def _words(axes: "Axes", timings: Timings) -> None:
    for number, word in enumerate(timings.words):
        if _is_visible(axes, word):
            # Short words that follow each other would overlap: every other one stands lower.
            low = -1.0 if number % 2 == 0 else -1.4
            axes.plot([word.start, word.end], [low + 0.22] * 2, color="#3a4550", lw=1.2)
            _write_label(axes, word, low, word.text, color="#1c232b", fontsize=11)


def _is_visible(axes: "Axes", spoken: Any) -> bool:
    left, right = axes.get_xlim()
    return bool(spoken.end > left and spoken.start < right)


def _write_label(axes: "Axes", spoken: Any, height: float, text: str, **how: Any) -> None:
    left, right = axes.get_xlim()
    middle = (max(spoken.start, left) + min(spoken.end, right)) / 2
    axes.text(middle, height, text, ha="center", va="center", clip_on=True, **how)


def _phone_color(symbol: str) -> str:
    groups = (
        (BILABIALS, _BILABIAL_COLOR),
        (LABIODENTALS, _LABIODENTAL_COLOR),
        (_ROUNDED_PHONES, _ROUNDED_COLOR),
        (_OPEN_PHONES, _OPEN_COLOR),
    )
    return next((colour for symbols, colour in groups if symbol in symbols), _OTHER_COLOR)
