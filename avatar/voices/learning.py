"""Learning a voice from a sample whose words are known.

The base voice says the same words; the two are laid side by side (dynamic time warping), and a regression learns how
the person's spectra differ from the base voice's. As the two agree better once the base voice has been adapted, this is
done a few times over.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.voices.adaptation import Adaptation, Melody, active, one_thread, seen
from avatar.voices.cepstra import Reals, band_of, cepstra_of, pitch_of
from avatar.voices.kernel import Regression, fit
from avatar.voices.spectra import VOICED, Spectra, levels

_ROUNDS = 3
_MOST = 2000  # examples: more cost the square and bring nothing
_COMPARED = 25  # coefficients compared when two pieces of speech are laid side by side
_LEAST = 100  # frames (1.25 s) of voiced speech, matched
# Steps of the warping path, (frames of ours, frames of theirs), and what each costs.
_STEPS = np.array([[1, 1], [1, 2], [2, 1], [1, 0], [0, 1]])
_COSTS = np.array([1.0, 1.5, 1.5, 1.2, 1.2])


@dataclass(frozen=True, eq=False)
class Spoken:
    """Speech as it is compared: mel-cepstra (frames, 40, up to *band* Hz), pitch (frames,), and which frames speak."""

    band: float
    cepstra: Reals
    pitch: NDArray[np.floating]
    active: NDArray[np.bool_]

    @property
    def voiced(self) -> NDArray[np.bool_]:
        return np.asarray(self.pitch >= VOICED)


def heard(sound: NDArray[np.float32]) -> Spoken:
    """Return what is compared of a person's *sound* (24 kHz)."""
    pitch, band = pitch_of(sound), band_of(sound)
    level = levels(np.pad(sound, (0, 600)))[: len(pitch)]
    return Spoken(band, cepstra_of(sound, pitch, band), pitch, active(level))


def planned(spectra: Spectra, band: float) -> Spoken:
    """Return what is compared of the base voice's *spectra*, up to *band* Hz: as far as the person's go."""
    sound = spectra.sound(seed=0)
    return Spoken(band, cepstra_of(sound, spectra.pitch, band), spectra.pitch, active(levels(sound)))


def learn(ours: Spoken, theirs: Spoken, ridge: float, pulse: Callable[[float], None]) -> Adaptation:
    """Learn the voice of *theirs* from *ours*, which says the same words; *pulse* hears of the progress.

    Raises: EngineError, with code ``voice.not-learned``.
    """
    own, target = ours.cepstra[ours.active], theirs.cepstra[theirs.active]
    inputs = seen(ours.cepstra, ours.voiced)[ours.active]
    adapted = own - own.mean(axis=0) + target.mean(axis=0)
    with one_thread():
        for done in range(_ROUNDS):
            pulse(done / _ROUNDS)
            kept, wanted = _matches(adapted, ours.voiced[ours.active], target, theirs.voiced[theirs.active])
            regression = _fitted(inputs[kept], wanted - own[kept], ridge)
            adapted = own + regression.predict(inputs)
    variety = np.clip(target.std(axis=0) / adapted.std(axis=0), 1.0, 2.0)
    pace = float(np.clip(ours.active.sum() / theirs.active.sum(), 0.8, 1.25))
    melody = _melody(ours, theirs)
    return Adaptation(regression, ours.band, adapted.mean(axis=0), target.mean(axis=0), variety, melody, pace)


def _matches(
    adapted: Reals, ours: NDArray[np.bool_], target: Reals, theirs: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], Reals]:
    """Return which frames of *adapted* have a match in *target* (voiced with voiced), and the mean of their matches."""
    import librosa

    spread = target.std(axis=0)
    views = (_view(adapted, ours, spread).T, _view(target, theirs, spread).T)
    _, path = librosa.sequence.dtw(*views, metric="euclidean", step_sizes_sigma=_STEPS, weights_mul=_COSTS)
    path = path[ours[path[:, 0]] == theirs[path[:, 1]]]
    total, count = np.zeros_like(adapted), np.zeros(len(adapted))
    np.add.at(total, path[:, 0], target[path[:, 1]])
    np.add.at(count, path[:, 0], 1)
    kept = count > 0
    if int(kept.sum()) < _LEAST:
        raise EngineError(
            "the sample does not match its transcript; give the exact words that are said", code="voice.not-learned"
        )
    return kept, total[kept] / count[kept, None]


def _view(cepstra: Reals, voiced: NDArray[np.bool_], spread: Reals) -> Reals:
    """Return what makes two frames alike: their shape, their voicing, and a little of their loudness."""
    shape = cepstra[:, :_COMPARED] / spread[:_COMPARED]
    return np.concatenate([shape[:, 1:], 0.7 * shape[:, :1], 2.0 * voiced[:, None]], axis=1)


def _fitted(inputs: Reals, outputs: Reals, ridge: float) -> Regression:
    step = -(-len(inputs) // _MOST)
    return fit(inputs[::step], outputs[::step], ridge)


def _melody(ours: Spoken, theirs: Spoken) -> Melody:
    own, target = (np.log(some.pitch[some.active & some.voiced]) for some in (ours, theirs))
    # The middle of the distribution: octave errors of the pitch tracker live at its ends.
    widths = [float(np.percentile(some, 85) - np.percentile(some, 15)) for some in (own, target)]
    spread = float(np.clip(widths[1] / widths[0], 0.5, 1.8))
    return Melody(float(np.median(own)), float(np.median(target)), spread)
