"""Thirty-two bits as eight symbols of eight bits each, any four of which give the others (Reed-Solomon, GF(256))."""

from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

CODEWORD_SYMBOLS = 8
SYMBOL_VALUES = 256  # of one symbol
_MESSAGE_SYMBOLS = 4  # symbols that say it all; the other four are there for those that are lost
_FIELD_POLYNOMIAL = 0x11D  # x^8 + x^4 + x^3 + x^2 + 1

Codewords = NDArray[np.uint8]  # (..., CODEWORD_SYMBOLS), 0 to 255
# How much speaks for each value of each symbol, in standard deviations.
Votes = NDArray[np.float64]  # (CODEWORD_SYMBOLS, SYMBOL_VALUES)

# Noise that is read as some id: five deviations would do for one id, and the best of four thousand million is taken.
_MIN_SUPPORT_SIGMA = 8.0
_MIN_AGREEING_SYMBOLS = 6  # symbols whose own best value is that of the whole: two may be lost


def encode_symbols(number: int) -> tuple[int, ...]:
    """Return the symbols that stand for *number* (32 bits)."""
    message = np.frombuffer(number.to_bytes(_MESSAGE_SYMBOLS, "big"), np.uint8)
    return tuple(int(symbol) for symbol in _complete_codewords(_matrices()[:1], message[None])[0])


def soft_decode(votes: Votes) -> int | None:
    """Return the number that *votes* speak for, ``None`` when no number stands out.

    Each four symbols name one number; of all those the one that the votes of all eight support most is taken.
    """
    best = votes.argmax(axis=1).astype(np.uint8)
    words = _complete_codewords(_matrices(), best[_subsets()])
    support = votes[np.arange(CODEWORD_SYMBOLS), words].sum(axis=1)
    word = words[support.argmax()]
    if (word == best).sum() < _MIN_AGREEING_SYMBOLS or support.max() < _MIN_SUPPORT_SIGMA * CODEWORD_SYMBOLS**0.5:
        return None
    return int.from_bytes(word[:_MESSAGE_SYMBOLS].tobytes(), "big")


def _complete_codewords(matrices: Codewords, known: Codewords) -> Codewords:
    """Return the codewords (n, SYMBOLS) in which the symbols that each of *matrices* starts from are *known* (n, 4)."""
    exponents, logarithms = _log_tables()
    sums = logarithms[matrices].astype(np.int64) + logarithms[known][:, None]
    products = np.where((matrices == 0) | (known[:, None] == 0), 0, exponents[sums])
    return np.asarray(np.bitwise_xor.reduce(products, axis=2), np.uint8)


@lru_cache(maxsize=1)
def _log_tables() -> tuple[Codewords, Codewords]:
    exponents, logarithms = np.zeros(512, np.uint8), np.zeros(256, np.uint8)
    value = 1
    for power in range(255):
        exponents[power] = exponents[power + 255] = value
        logarithms[value] = power
        value = value << 1 ^ (_FIELD_POLYNOMIAL if value & 0x80 else 0)
    return exponents, logarithms


@lru_cache(maxsize=1)
def _subsets() -> NDArray[np.int64]:
    return np.array(list(combinations(range(CODEWORD_SYMBOLS), _MESSAGE_SYMBOLS)))


@lru_cache(maxsize=1)
def _matrices() -> Codewords:
    """Return for each of the subsets of four the matrix (SYMBOLS, 4) that works out all symbols from those.

    Symbols are the values of a polynomial of degree three at 0 to 7; the matrices hold Lagrange's weights.
    """
    return np.array(
        [
            [[_lagrange_weight(at, of, subset) for of in subset] for at in range(CODEWORD_SYMBOLS)]
            for subset in _subsets()
        ]
    )


def _lagrange_weight(at: int, of: int, subset: NDArray[np.int64]) -> int:
    exponents, logarithms = _log_tables()
    above = [at ^ int(other) for other in subset if other != of]
    below = [int(of) ^ int(other) for other in subset if other != of]
    if 0 in above:
        return 0
    power = sum(int(logarithms[v]) for v in above) - sum(int(logarithms[v]) for v in below)
    return int(exponents[power % 255])
