"""The patterns that the picture mark is made of: noise of a few sizes that wraps round, so that it tiles a picture."""

from functools import lru_cache
from hashlib import shake_256

import numpy as np
from numpy.typing import NDArray

from avatar.watermark.reed_solomon import CODEWORD_SYMBOLS

Reals = NDArray[np.float32]
Spectrum = NDArray[np.complex64]  # (n,): of a tile's Fourier transform the values in the band, magnitude 1 or less

# All sizes are relative to the picture's height, so that a mark is found again in a picture of another size.
HEIGHT_ROWS = 256  # rows of every picture that is looked at
TILE_SIZE = 128  # rows and columns of a tile: four in a square picture
SYMBOL_STEP = 8  # rows or columns between two places that a symbol's pattern may be moved to: 16 by 16 values
# Waves per tile. Longer ones are easier to see and have fewer places; shorter ones die in a picture of 240 lines.
_MIN_WAVES, _MAX_WAVES = 7, 24

_KEY = b"avatar-pipeline picture mark 1"
_SYNC_POWER_SHARE = 0.35  # of the power: what says "marked" and where; the rest says which shot


def build_tile(symbols: tuple[int, ...]) -> Reals:
    """Return the tile (TILE_SIZE, TILE_SIZE) that carries *symbols*: mean 0, standard deviation 1."""
    tile = _SYNC_POWER_SHARE**0.5 * noise_pattern(0)
    for number, symbol in enumerate(symbols, start=1):
        moved = np.roll(noise_pattern(number), symbol_shift(symbol), axis=(0, 1))
        tile = tile + ((1 - _SYNC_POWER_SHARE) / CODEWORD_SYMBOLS) ** 0.5 * moved
    return np.asarray(tile / tile.std(), np.float32)


def symbol_shift(symbol: int) -> tuple[int, int]:
    """Return the rows and columns by which a pattern is moved to say *symbol*."""
    return symbol // (TILE_SIZE // SYMBOL_STEP) * SYMBOL_STEP, symbol % (TILE_SIZE // SYMBOL_STEP) * SYMBOL_STEP


@lru_cache(maxsize=16)
def noise_pattern(number: int) -> Reals:
    """Return noise pattern *number* of 256: (TILE_SIZE, TILE_SIZE), mean 0, standard deviation 1.

    Pattern 0 says where the mark lies, 1 to CODEWORD_SYMBOLS are moved to say something, the others are nowhere.
    """
    noise = shake_256(_KEY + bytes([number])).digest(TILE_SIZE * TILE_SIZE)
    field = np.frombuffer(noise, np.uint8).reshape(TILE_SIZE, TILE_SIZE) - 127.5
    waves = np.fft.fft2(field) * band_mask()
    even = np.fft.ifft2(waves / np.maximum(np.abs(waves), 1e-9)).real  # every wave as strong as the others
    return np.asarray(even / even.std(), np.float32)


@lru_cache(maxsize=1)
def band_mask() -> NDArray[np.bool_]:
    """Return the mask (TILE_SIZE, TILE_SIZE) of the values of a tile's Fourier transform that carry the mark."""
    waves = np.fft.fftfreq(TILE_SIZE, 1 / TILE_SIZE)
    size = np.hypot(waves[:, None], waves[None])
    return np.asarray((size >= _MIN_WAVES) & (size <= _MAX_WAVES))


@lru_cache(maxsize=16)
def pattern_phases(number: int) -> Spectrum:
    """Return the phases (as numbers on the unit circle) of pattern *number* in the band."""
    return tile_phases(np.asarray(noise_pattern(number), np.complex64))


def tile_phases(tile: NDArray[np.complex64]) -> Spectrum:
    """Return the phases of *tile* (TILE_SIZE, TILE_SIZE) in the band, whatever the strength of its waves.

    Strength says more about the picture than about the mark, and phases of unmarked pictures add up by chance alone.
    """
    waves = np.fft.fft2(tile)[band_mask()]
    return np.asarray(waves / np.maximum(np.abs(waves), 1e-9), np.complex64)


def correlate(phases: Spectrum, number: int) -> NDArray[np.complex64]:
    """Return the correlation (TILE_SIZE, TILE_SIZE) of *phases* with pattern *number* moved to each place.

    Its squared magnitude is 1 in the mean where there is no mark, and up to the number of waves where there is.
    """
    product = np.zeros((TILE_SIZE, TILE_SIZE), np.complex64)
    product[band_mask()] = phases * pattern_phases(number).conj()
    return np.asarray(np.fft.ifft2(product) * (TILE_SIZE * TILE_SIZE / np.sqrt(len(phases))), np.complex64)
