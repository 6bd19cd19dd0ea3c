"""Speeches and faces made by hand, for tests of what moves a face."""

import cv2
import numpy as np

from avatar.faces.geometry.blendshapes import INDEX, Floats, neutral
from avatar.faces.geometry.topology import LIPS_INNER, LIPS_OUTER
from avatar.media.frames import Landmarks, Pixels
from avatar.voices.timings import Phone, Timings


def saying(symbols: str, *, each: float = 0.1, silence: float = 0.2) -> Timings:
    """Return the timings of *symbols* (ARPAbet, separated by spaces), *each* seconds long, between two silences."""
    phones, clock = [Phone(symbol="SIL", start=0.0, end=silence)], silence
    for symbol in symbols.split():
        phones.append(Phone(symbol=symbol, start=clock, end=clock + each))
        clock += each
    phones.append(Phone(symbol="SIL", start=clock, end=clock + silence))
    return Timings(duration=clock + silence, phones=tuple(phones), words=())


def drawn_face(size: int) -> tuple[Pixels, Landmarks]:
    """Return a drawn face in a square picture, and its mesh: skin, lips with a dark line between, white eyes."""
    face = neutral() * np.float32(0.24 * size) + np.array([size / 2, size * 0.4, 0], np.float32)
    down, across = np.mgrid[0:size, 0:size].astype(np.float32) / size
    picture = np.stack([150 + 60 * across, 120 + 50 * down, 110 + 40 * across * down], axis=2).astype(np.uint8)
    lips = face[list(LIPS_OUTER), :2].round().astype(np.int32)
    cv2.fillPoly(picture, [lips], (190, 90, 90))
    line = np.concatenate([face[[61]], face[list(LIPS_INNER[:11])], face[[291]]])[:, :2].round().astype(np.int32)
    cv2.polylines(picture, [line], False, (70, 30, 30), 2, cv2.LINE_AA)
    for corner, other in ((33, 133), (362, 263)):
        middle = ((face[corner] + face[other]) / 2)[:2].round().astype(int).tolist()
        cv2.circle(picture, middle, max(2, size // 60), (235, 235, 235), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.0), face.astype(np.float32)


def column(track: Floats, name: str) -> Floats:
    """Return the values over time of the coefficient *name*, or the mean of its two sides, from *track* (n, 52)."""
    full = (name,) if name in INDEX else (f"{name}Left", f"{name}Right")
    return np.asarray(track[..., [INDEX[each] for each in full]].mean(axis=-1), np.float32)
