"""Takes that are spoilt in known ways, brought to the take gate: each must be refused, for what is wrong with it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.media.audio.resample import resample
from avatar.models.weights import locate
from avatar.voices.adaptation.adaptation import Adaptation
from avatar.voices.adaptation.voice_model import read_adaptation, read_standard
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.base.base_tts import BASE_VOICE, open_base_tts
from avatar.voices.judging.take import Take
from avatar.voices.judging.take_gate import TakeGate
from avatar.voices.signal.spectra import RATE
from benchmarks.rows import Row

_LINES = 10  # of each voice and kind, the longest: a leak or babble of two words is no more than two words
_PIECES = 40  # that a take is cut into, to make it babble
_PROMPT = (0.6, 2.4)  # seconds of the sample that leak

Floats = NDArray[np.float32]
Spoil = Callable[[Take, str, Floats, Take], Take]  # the take, its line, the person's sample, somebody else's take


def spoilt(models: Mapping[str, Path], samples: Mapping[str, Path], lines: tuple[str, ...]) -> Iterator[Row]:
    """Yield how many of the spoilt takes are refused, by kind, and print with which reason codes."""
    for kind, found in verdicts(models, samples, lines, _LINES).items():
        print(f"{kind}: {', '.join(f'{code} {count}' for code, count in found.most_common())}")
        yield Row(f"refused: {kind}", found.total() - found["passed"], f"of {found.total()}")


def verdicts(
    models: Mapping[str, Path], samples: Mapping[str, Path], lines: tuple[str, ...], count: int
) -> Mapping[str, Counter[str]]:
    """Return what the gate says of spoilt takes of the *count* longest *lines* in each voice: codes, by kind."""
    chosen = sorted((line for line in lines if "<" not in line), key=len)[-count:]
    others = dict(zip(models, [*list(models)[1:], next(iter(models))], strict=True))
    codes: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS}
    for name, model in models.items():
        sample, rate = soundfile.read(samples[name], dtype="float32")
        heard = resample(sample, rate, RATE)
        for number, line in enumerate(chosen):
            take, other = (_said(read_adaptation(each), line, number) for each in (model, models[others[name]]))
            audition = TakeGate.of(line, read_standard(model), open_base_tts(locate(BASE_VOICE)), locate)
            for kind, spoil in _KINDS.items():
                codes[kind][_verdict(audition, spoil(take, line, heard, other))] += 1
    return codes


def _said(voice: Adaptation, line: str, seed: int) -> Take:
    utterance = open_base_tts(locate(BASE_VOICE)).say(line, voice.pace)
    return Take(voice.of(utterance, 1.0).sound(seed), RATE, utterance.timings)


def _verdict(audition: TakeGate, take: Take) -> str:
    try:
        audition.best([lambda: take], seed=0)
    except EngineError as refusal:
        return refusal.code
    return "passed"


def _somebody_else(_take: Take, _line: str, _sample: Floats, other: Take) -> Take:
    return other


def _babble(take: Take, _line: str, _sample: Floats, _other: Take) -> Take:
    pieces = np.array_split(take.sound, _PIECES)
    order = np.random.default_rng(len(take.sound)).permutation(_PIECES)
    return Take(np.concatenate([pieces[place] for place in order]), take.rate, take.timings)


def _clipped(take: Take, _line: str, _sample: Floats, _other: Take) -> Take:
    peak = 0.2 * np.abs(take.sound).max()
    return Take(np.clip(take.sound, -peak, peak), take.rate, take.timings)


def _leaking(take: Take, line: str, sample: Floats, _other: Take) -> Take:
    first, last = (round(seconds * RATE) for seconds in _PROMPT)
    sound = np.concatenate([sample[first:last], take.sound])
    return Take(sound, take.rate, align_phonemes(sound, take.rate, line))


_KINDS: Mapping[str, Spoil] = {
    "somebody else's take": _somebody_else,
    "babble": _babble,
    "clipped": _clipped,
    "a leaked prompt": _leaking,
}
