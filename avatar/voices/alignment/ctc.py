"""Forced alignment with a wav2vec 2.0 letter model, for those who bring one: sharper than the small default aligner.

Any folder of a ``Wav2Vec2ForCTC`` saved by transformers serves (wav2vec2-base-960h, say: Apache-2.0).
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.media.audio.resample import resample
from avatar.runtime.torchaudio_shim import install_torchaudio_shim
from avatar.voices.text.g2p import VOWELS, Reading, phonemise
from avatar.voices.text.graphemes import read_graphemes
from avatar.voices.text.word_timings import word_timings
from avatar.voices.timings import Phone, Timings, build_timings

_SAMPLE_RATE_HZ = 16_000  # samples per second, as such models hear
_LAST_LETTER_S = (
    0.08  # seconds a word lasts after its last letter was recognised: letters are recognised at their onset
)
_ONSET_LEAD_S = 0.02  # seconds before
_DELIMITER = "|"


def align_ctc(sound: NDArray[np.float32], rate: int, text: str, model: Path, language: str = "en") -> Timings:
    """Return when each phoneme and word of *text* is heard in *sound* (samples,), by the letter model *model*.

    The sound is mono at *rate* Hz with full scale at 1.0; *model* is a folder.

    Phonemes share the time of their word, vowels twice what consonants have. Those of a *language* other than English
    are guessed from the letters.

    Raises:
        EngineError: when the words do not fit into the sound; code ``voice.not-aligned``.
    """
    network, letters = _load(model)
    reading = phonemise(text) if language == "en" else read_graphemes(text)
    tokens = [[letters[letter] for letter in _known_letters(word.text, letters)] for word in reading.spoken]
    scores, frame = _log_probabilities(network, resample(sound, rate, _SAMPLE_RATE_HZ))
    duration = len(sound) / rate
    path = _target_states(reading, tokens, letters)
    frames = viterbi_path(scores, [token for _, token in path], blank=letters["<pad>"])
    if frames is None:
        raise EngineError(
            f"the words {text[:40]!r} do not fit into {duration:.1f} s of sound; try again, or another voice",
            code="voice.not-aligned",
        )
    heard = [(word, at * frame) for (word, _), at in zip(path, frames, strict=True) if word >= 0]
    phones = list(_phones(reading, _word_spans(heard, duration)))
    spans = [(word, phone.start, phone.end) for word, phone in phones]
    return build_timings(duration, [phone for _, phone in phones], word_timings(reading, spans))


def viterbi_path(scores: NDArray[np.float32], tokens: list[int], *, blank: int) -> list[int] | None:
    """Return the frame at which each of *tokens* is best recognised, or ``None`` when there are too few frames.

    *scores* are log probabilities (frames, vocabulary). Viterbi over the usual CTC lattice: each token may last, a
    *blank* may stand between any two and must stand between two equal ones.
    """
    if not tokens:
        return None
    states = np.full(2 * len(tokens) + 1, blank)
    states[1::2] = tokens
    skips = np.zeros(len(states), dtype=bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    best = np.full(len(states), -np.inf)
    best[:2] = scores[0, states[:2]]
    came = np.zeros((len(scores), len(states)), dtype=np.int8)
    for frame, row in enumerate(scores[1:], start=1):
        stay, step = best, np.r_[-np.inf, best[:-1]]
        skip = np.where(skips, np.r_[-np.inf, -np.inf, best[:-2]], -np.inf)
        choices = np.stack([stay, step, skip])
        came[frame] = choices.argmax(axis=0)
        best = choices.max(axis=0) + row[states]
    state = int(len(states) - 1 - (best[-2] > best[-1]))
    return None if not np.isfinite(best[state]) else _first_frames(came, state, len(tokens))


def _first_frames(came: NDArray[np.int8], state: int, count: int) -> list[int]:
    """Walk back from *state* at the last frame; return the first frame of each of *count* tokens."""
    firsts = [0] * count
    for frame in range(len(came) - 1, -1, -1):
        if state % 2:
            firsts[state // 2] = frame
        state -= int(came[frame, state])
    return firsts


def _target_states(reading: Reading, tokens: list[list[int]], letters: dict[str, int]) -> list[tuple[int, int]]:
    """Return the letters to recognise as (spoken word, token), with a delimiter (word -1) between words."""
    path: list[tuple[int, int]] = []
    for word, own in enumerate(tokens):
        if own and reading.spoken[word].phonemes:
            if path and _DELIMITER in letters:
                path.append((-1, letters[_DELIMITER]))
            path += [(word, token) for token in own]
    return path


def _known_letters(word: str, letters: dict[str, int]) -> str:
    """Return the letters of *word* that the model knows; English figures are spelled out."""
    from hibari.g2p.numbers import cardinal

    digits = "".join(character for character in word if character.isdigit())
    spelled = cardinal(int(digits)) if digits else word
    cased = spelled.upper() if "A" in letters else spelled.lower()
    return "".join(letter for letter in cased if letter.isalpha() and letter in letters)


def _word_spans(heard: list[tuple[int, float]], duration: float) -> list[tuple[int, float, float]]:
    """Return (spoken word, start, end) for each word from the times of its letters."""
    words: dict[int, list[float]] = {}
    for word, time in heard:
        words.setdefault(word, []).append(time)
    starts = [(word, max(times[0] - _ONSET_LEAD_S, 0.0), times[-1] + _LAST_LETTER_S) for word, times in words.items()]
    nexts = [start for _, start, _ in starts[1:]] + [duration]
    return [(word, start, min(end, after)) for (word, start, end), after in zip(starts, nexts, strict=True)]


def _phones(reading: Reading, spans: list[tuple[int, float, float]]) -> Iterator[tuple[int, Phone]]:
    for word, start, end in spans:
        symbols = [phoneme.symbol for phoneme in reading.spoken[word].phonemes]
        shares = np.cumsum([0.0] + [2.0 if symbol in VOWELS else 1.0 for symbol in symbols])
        edges = start + (end - start) * shares / shares[-1]
        for symbol, (first, last) in zip(symbols, pairwise(edges), strict=True):
            yield word, Phone(symbol=symbol, start=float(first), end=float(last))


def _log_probabilities(network: Any, sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return the log probabilities (frames, vocabulary) and the seconds of each frame."""
    import torch

    normal = (sound - sound.mean()) / (sound.std() + 1e-7)
    with torch.inference_mode():
        logits = network(torch.from_numpy(normal)[None]).logits[0]
    scores = torch.log_softmax(logits, dim=-1).numpy()
    return np.asarray(scores, np.float32), float(network.config.inputs_to_logits_ratio) / _SAMPLE_RATE_HZ


@lru_cache(maxsize=1)
def _load(folder: Path) -> tuple[Any, dict[str, int]]:
    install_torchaudio_shim()
    from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2ForCTC

    network: Any = Wav2Vec2ForCTC.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    network.eval()
    tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder, local_files_only=True)
    return network, {str(token): int(number) for token, number in tokenizer.get_vocab().items()}
