"""What a face does besides speaking: it blinks, breathes, looks, nods with its own stress, and never stands still."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import Floats, coefficients
from avatar.faces.motion.visemes import rest_envelope

_SETTLE_S: Final = 0.5  # seconds in which head and breath leave and regain rest
_SWAY_DEGREES: Final = np.array([1.5, 2.6, 1.3])  # degrees: how far pitch, yaw and roll wander
_BLINK_CURVE: Final = ((0.0, 0.0), (0.06, 1.0), (0.09, 1.0), (0.19, 0.0))  # seconds after its start, how far closed
_BREATH_PERIOD_S: Final = 3.8  # seconds a breath, sitting and talking


@dataclass(frozen=True, eq=False)
class IdleMotion:
    """Per frame: *coefficients* (n, 52) of brows and lids, *degrees* (n, 3), *gaze* (n, 2) and *breath* (n,).

    Degrees are pitch (down), yaw (right in the picture) and roll (clockwise); gaze is in distances of the outer eye
    corners. All are exactly zero in the first and the last frame.
    """

    coefficients: Floats
    degrees: Floats
    gaze: Floats
    breath: Floats


def speaking_motion(loudness: Floats, rate: Fraction, seed: int, energy: float) -> IdleMotion:
    """Return the motion of someone who speaks with *loudness* (n,), 0 to 1; *energy* scales how lively they are."""
    draw, count = np.random.default_rng([seed, 1]), len(loudness)
    accent = _accents(loudness, rate)
    degrees = (
        _random_walk(draw, count, rate, 1.1)
        * _SWAY_DEGREES
        * (0.55 + 0.45 * _gaussian_smooth(loudness, rate, 0.8)[:, None])
    )
    degrees[:, 0] += 2.0 * _gaussian_smooth(accent, rate, 0.16)  # the head dips with what is stressed
    degrees[:, 2] += 0.9 * _gaussian_smooth(accent, rate, 0.3) * draw.choice((-1.0, 1.0))
    brows = _gaussian_smooth(accent, rate, 0.22) * (0.5 + 0.5 * draw.random())
    return _assemble(draw, rate, degrees * energy, np.clip(brows * energy, 0, 1))


def listening_motion(count: int, rate: Fraction, seed: int, energy: float) -> IdleMotion:
    """Return the motion of someone who listens: slow sway, and a small nod now and then."""
    draw = np.random.default_rng([seed, 2])
    degrees = _random_walk(draw, count, rate, 1.9) * _SWAY_DEGREES * 0.5
    nods, seconds = np.zeros(count), np.arange(count) / float(rate)
    start = draw.uniform(1.0, 2.5)
    while start < seconds[-1] - 1.2:
        inside = np.clip((seconds - start) / 0.9, 0, 1)
        nods += np.sin(np.pi * inside) ** 2 * (0.6 + 0.4 * np.cos(4 * np.pi * inside)) * draw.uniform(1.2, 2.2)
        start += draw.uniform(2.5, 5.0)
    degrees[:, 0] += nods
    return _assemble(draw, rate, degrees * energy, np.clip(nods * 0.12, 0, 1))


def _assemble(
    draw: np.random.Generator, rate: Fraction, degrees: NDArray[np.float64], brows: NDArray[np.float64]
) -> IdleMotion:
    count = len(degrees)
    ends = rest_envelope(count, rate, _SETTLE_S)
    degrees = degrees * ends[:, None]
    raised = coefficients(browInnerUp=0.5, browOuterUp=0.35)
    squint = coefficients(cheekSquint=0.08, eyeWide=0.1)
    lids = _blinks(draw, count, rate)[:, None] * coefficients(eyeBlink=1.0)
    face = brows[:, None] * (raised + squint) * ends[:, None] + lids
    breath = (1 - np.cos(2 * np.pi * np.arange(count) / float(rate) / _BREATH_PERIOD_S)) / 2
    return IdleMotion(
        np.asarray(face, np.float32),
        np.asarray(degrees, np.float32),
        np.asarray(_gaze(draw, count, rate, degrees) * ends[:, None], np.float32),
        np.asarray(breath * ends, np.float32),
    )


def _random_walk(draw: np.random.Generator, count: int, rate: Fraction, seconds: float) -> NDArray[np.float64]:
    """Return three smooth random walks (count, 3) within about -1 to 1 that turn every *seconds* or so."""
    knots = max(4, int(count / float(rate) / seconds) + 4)
    values = draw.uniform(-1, 1, (knots, 3))
    places = np.arange(count) / float(rate) / seconds
    whole = np.minimum(places.astype(int), knots - 4)
    t = (places - whole)[:, None]
    p = [values[whole + k] for k in range(4)]
    # A uniform cubic B-spline: it has no corner in speed or acceleration.
    return np.asarray(
        (
            (1 - t) ** 3 * p[0]
            + (3 * t**3 - 6 * t**2 + 4) * p[1]
            + (-3 * t**3 + 3 * t**2 + 3 * t + 1) * p[2]
            + t**3 * p[3]
        )
        / 4  # by 6 it would keep its mean; by 4 it uses more of the range
    )


def _accents(loudness: Floats, rate: Fraction) -> NDArray[np.float64]:
    """Return pulses (n, 0 to 1) at the loudest moments: the stressed syllables, at most about one in 0.6 s."""
    level = _gaussian_smooth(loudness, rate, 0.06)
    accents, apart = np.zeros(len(level)), max(1, round(0.6 * float(rate)))
    for at in np.argsort(-level, kind="stable"):
        if level[at] < 0.55:
            break
        if not accents[max(0, at - apart) : at + apart].any():
            accents[at] = level[at]
    return accents


def _gaussian_smooth(values: NDArray[np.floating], rate: Fraction, seconds: float) -> NDArray[np.float64]:
    """Return *values* smoothed by a bell as wide as *seconds*; one pulse of 1 keeps its height."""
    sigma = seconds * float(rate) / 2
    reach = max(1, int(3 * sigma))
    bell = np.exp(-np.square(np.arange(-reach, reach + 1) / max(sigma, 1e-6)) / 2)
    if np.count_nonzero(values) > 0.2 * len(values):
        bell /= bell.sum()
    return np.convolve(np.pad(values.astype(np.float64), reach, mode="edge"), bell, mode="valid")


def _blinks(draw: np.random.Generator, count: int, rate: Fraction) -> NDArray[np.float64]:
    seconds = (np.arange(count) + 0.5) / float(rate)
    closed = np.zeros(count)
    start = draw.uniform(0.8, 2.6)
    while start + 0.35 < count / float(rate):
        closed = np.maximum(closed, np.interp(seconds - start, *np.transpose(_BLINK_CURVE)))
        # One frame of each blink is fully closed, whatever the rate.
        closed[np.abs(seconds - start - 0.075).argmin()] = 1
        start += draw.uniform(2.0, 5.0)
    return closed


def _gaze(draw: np.random.Generator, count: int, rate: Fraction, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the eyes look: back at the camera as the head turns, with small jumps."""
    # An eyeball is about 0.13 of the distance of the outer corners in radius.
    steady = -0.13 * np.sin(np.radians(degrees[:, [1, 0]]))
    jumps, at = np.zeros((count, 2)), 0
    while at < count:
        jumps[at:] = draw.normal(0, 1, 2) * (0.004, 0.0015)
        at += max(2, round(draw.uniform(0.5, 2.2) * float(rate)))
    return np.asarray(steady * 0.8 + jumps)
