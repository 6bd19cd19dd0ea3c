"""Learning a voice from a sample whose words are known.

The base voice says the same words; the two are laid side by side (dynamic time warping of what they sound like and of
which phoneme is being said), and a regression learns how the person's spectra differ from the base voice's. As the two
agree better once the base voice has been adapted, this is done a few times over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.errors import EngineError
from avatar.runtime.threads import one_thread
from avatar.voices.adaptation.adaptation import Adaptation, PitchMapping, regression_inputs
from avatar.voices.adaptation.kernel_ridge import KernelRidge, fit_kernel_ridge
from avatar.voices.adaptation.phoneme_weights import phoneme_weights
from avatar.voices.base.utterance import Utterance
from avatar.voices.signal.cepstra import Reals, estimate_bandwidth, mel_cepstra, shift_formants
from avatar.voices.signal.dtw import dtw
from avatar.voices.signal.noise_floor import UNKNOWN_NOISE_FLOOR, measure_noise_floor
from avatar.voices.signal.pitch import estimate_pitch
from avatar.voices.signal.spectra import MIN_VOICED_HZ, concatenate, detect_speech, frame_levels
from avatar.voices.timings import Timings

_ITERATIONS = 3
_MAX_EXAMPLES = 2000  # examples: more cost the square and bring nothing
_DTW_COEFFICIENTS = 25  # coefficients compared when two pieces of speech are laid side by side
_FIRST_FINE_COEFFICIENT = 12  # the first coefficient of what is narrower than a formant
_PHONEME_WEIGHT = 4.0  # what a difference of phonemes weighs there
# Shorter throats than the base voice's above 1, longer ones below: a man's are up to a fifth longer than a woman's.
_FORMANT_FACTORS = (0.80, 0.84, 0.88, 0.92, 0.96, 1.0, 1.04, 1.08, 1.12)
_MIN_MATCHED_FRAMES = 100  # frames (1.25 s) of voiced speech, matched
_ALIGNER_LENGTHENING = (
    1.025  # how much longer phonemes are heard by the aligner than the base voice plans them: they pass over
)


@dataclass(frozen=True, eq=False)
class SpeechAnalysis:
    """Speech as it is compared: mel-cepstra (frames, 40, up to *band* Hz), *phonemes* (frames, 40), *pitch* (frames,).

    *active* tells which frames speak, *depth* what is heard below the pitch (``measure_noise_floor``).
    """

    band: float
    cepstra: Reals
    phonemes: Reals
    pitch: NDArray[np.floating]
    active: NDArray[np.bool_]
    depth: float = UNKNOWN_NOISE_FLOOR

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """The mask (frames,) of the frames that have a pitch."""
        return np.asarray(self.pitch >= MIN_VOICED_HZ)

    @property
    def spoken(self) -> float:
        """How many frames phonemes take. What is *active* may be noise between the words, too."""
        return float((1 - self.phonemes[:, 0]).sum())


@dataclass(frozen=True)
class AdaptationSettings:
    """How to learn: a small *ridge* is more alike, a large one clearer; *shared* (0 to 1) is what phonemes share.

    *strength* is how much of what was learned is done, *sharp* how much further apart than the person's the fine shapes
    of the spectra are (a little more is clearer), *calm* how little a prediction follows single frames,
    *breath* how much more of it there is than in the base voice (nepers).
    """

    ridge: float
    shared: float
    strength: float = 1.0
    sharp: float = 1.0
    calm: int = 1
    breath: float = 0.0


@dataclass(frozen=True, eq=False)
class Pairs:
    """What two speakers of the same words have in common: *theirs* (n, 40) for the frames *kept* of *ours*.

    *throat* is the factor by which the resonances of *ours* were moved before.
    """

    ours: SpeechAnalysis
    theirs: SpeechAnalysis
    kept: NDArray[np.bool_]  # of the active frames of ours
    wanted: Reals
    throat: float = 1.0

    @property
    def pace(self) -> float:
        """The speed of the one whose voice is learned, relative to ours."""
        return float(np.clip(_ALIGNER_LENGTHENING * self.ours.spoken / self.theirs.spoken, 0.8, 1.25))

    def adapted(self, manner: AdaptationSettings) -> Adaptation:
        """Learn the voice from these pairs."""
        with one_thread():
            voice = _build_adaptation(self, _fit(self, manner))
        variety = voice.variety.copy()
        variety[_FIRST_FINE_COEFFICIENT:] *= manner.sharp
        return replace(voice, variety=variety, strength=manner.strength, calm=manner.calm, breath=manner.breath)


def analyse_speech(sound: NDArray[np.float32], timings: Timings) -> SpeechAnalysis:
    """Return the analysis of a person's *sound* (samples,) at 24 kHz, whose phonemes have these *timings*."""
    pitch, band = estimate_pitch(sound), estimate_bandwidth(sound)
    speaks = detect_speech(frame_levels(np.pad(sound, (0, 600)))[: len(pitch)])
    cepstra, phonemes = mel_cepstra(sound, pitch, band), phoneme_weights(timings, len(pitch))
    return SpeechAnalysis(band, cepstra, phonemes, pitch, speaks, measure_noise_floor(sound, pitch, speaks))


def analyse_base_voice(said: Sequence[Utterance], band: float) -> SpeechAnalysis:
    """Return what is compared of what the base voice *said*, up to *band* Hz: as far as the person's go."""
    spectra = concatenate([each.spectra for each in said])
    sound = spectra.plain
    phonemes = np.concatenate([phoneme_weights(each.timings, len(each.spectra.pitch)) for each in said])
    return SpeechAnalysis(
        band, mel_cepstra(sound, spectra.pitch, band), phonemes, spectra.pitch, detect_speech(frame_levels(sound))
    )


def align_pairs(
    ours: SpeechAnalysis, theirs: SpeechAnalysis, manner: AdaptationSettings, pulse: Callable[[float], None]
) -> Pairs:
    """Lay *theirs* beside *ours*, which says the same words; *pulse* hears of the progress.

    Raises:
        EngineError: when too few frames of the two match; code ``voice.not-learned``.
    """
    own, target = ours.cepstra[ours.active], theirs.cepstra[theirs.active]
    adapted = own - own.mean(axis=0) + target.mean(axis=0)
    with one_thread():
        for done in range(_ITERATIONS):
            pulse(done / _ITERATIONS)
            pairs = Pairs(ours, theirs, *_match_frames(adapted, ours, target, theirs))
            if done < _ITERATIONS - 1:
                adapted = own + _predict_active(_fit(pairs, manner), ours)
        return _with_shifted_formants(
            pairs,
            min(
                _FORMANT_FACTORS,
                key=lambda throat: _cross_validation_error(_with_shifted_formants(pairs, throat), manner),
            ),
        )


def _with_shifted_formants(pairs: Pairs, throat: float) -> Pairs:
    """Return *pairs* with the resonances of ours moved by the factor *throat*."""
    moved = replace(pairs.ours, cepstra=shift_formants(pairs.ours.cepstra, throat))
    return replace(pairs, ours=moved, throat=throat)


def _cross_validation_error(pairs: Pairs, manner: AdaptationSettings) -> float:
    """Return what a regression learned from either half of *pairs* leaves unexplained of the other."""
    inputs, phonemes, outputs = _examples(pairs)
    middle, scale = len(inputs) // 2, pairs.wanted.std(axis=0)[:_DTW_COEFFICIENTS]
    halves = [slice(None, middle), slice(middle, None)]
    left = 0.0
    for known, asked in (halves, halves[::-1]):
        learned = _fit_examples(inputs[known], phonemes[known], outputs[known], manner)
        missed = outputs[asked] - learned.predict(inputs[asked], phonemes[asked])
        left += float(np.square(missed[:, 1:_DTW_COEFFICIENTS] / scale[1:]).mean())
    return left


def _build_adaptation(pairs: Pairs, regression: KernelRidge) -> Adaptation:
    ours, theirs = pairs.ours, pairs.theirs
    adapted = ours.cepstra[ours.active] + _predict_active(regression, ours)
    target = theirs.cepstra[theirs.active]
    variety = np.clip(target.std(axis=0) / adapted.std(axis=0), 1.0, 2.0)
    melody = _fit_pitch_mapping(ours, theirs)
    return Adaptation(
        regression,
        ours.band,
        adapted.mean(axis=0),
        target.mean(axis=0),
        variety,
        melody,
        pairs.pace,
        throat=pairs.throat,
        depth=theirs.depth,
    )


def _predict_active(regression: KernelRidge, ours: SpeechAnalysis) -> Reals:
    return regression.predict(regression_inputs(ours.cepstra, ours.voiced)[ours.active], ours.phonemes[ours.active])


def _match_frames(
    adapted: Reals, ours: SpeechAnalysis, target: Reals, theirs: SpeechAnalysis
) -> tuple[NDArray[np.bool_], Reals]:
    """Return which frames of *adapted* have a match in *target* (voiced with voiced), and the mean of their matches."""
    spread = target.std(axis=0)
    path = dtw(_dtw_features(adapted, ours, spread), _dtw_features(target, theirs, spread))
    path = path[ours.voiced[ours.active][path[:, 0]] == theirs.voiced[theirs.active][path[:, 1]]]
    total, count = np.zeros_like(adapted), np.zeros(len(adapted))
    np.add.at(total, path[:, 0], target[path[:, 1]])
    np.add.at(count, path[:, 0], 1)
    kept = count > 0
    if int(kept.sum()) < _MIN_MATCHED_FRAMES:
        raise EngineError(
            "the sample does not match its transcript; give the exact words that are said", code="voice.not-learned"
        )
    return kept, total[kept] / count[kept, None]


def _dtw_features(cepstra: Reals, spoken: SpeechAnalysis, spread: Reals) -> Reals:
    """Return what makes two frames alike: their shape, voicing and phoneme, and a little of their loudness."""
    shape = cepstra[:, :_DTW_COEFFICIENTS] / spread[:_DTW_COEFFICIENTS]
    voiced, said = 2.0 * spoken.voiced[spoken.active, None], _PHONEME_WEIGHT * spoken.phonemes[spoken.active]
    return np.concatenate([shape[:, 1:], 0.7 * shape[:, :1], voiced, said], axis=1)


def _fit(pairs: Pairs, manner: AdaptationSettings) -> KernelRidge:
    return _fit_examples(*_examples(pairs), manner)


def _examples(pairs: Pairs) -> tuple[Reals, Reals, Reals]:
    """Return what a regression learns from: what is seen of our frames, their phonemes, and how theirs differ."""
    ours, kept = pairs.ours, pairs.kept
    inputs, phonemes = regression_inputs(ours.cepstra, ours.voiced)[ours.active][kept], ours.phonemes[ours.active][kept]
    return inputs, phonemes, pairs.wanted - ours.cepstra[ours.active][kept]


def _fit_examples(inputs: Reals, phonemes: Reals, outputs: Reals, manner: AdaptationSettings) -> KernelRidge:
    step = -(-len(inputs) // _MAX_EXAMPLES)
    return fit_kernel_ridge(inputs[::step], phonemes[::step], outputs[::step], ridge=manner.ridge, shared=manner.shared)


def _fit_pitch_mapping(ours: SpeechAnalysis, theirs: SpeechAnalysis) -> PitchMapping:
    own, target = (np.log(some.pitch[some.active & some.voiced]) for some in (ours, theirs))
    # The middle of the distribution: octave errors of the pitch tracker live at its ends.
    widths = [float(np.percentile(some, 85) - np.percentile(some, 15)) for some in (own, target)]
    spread = float(np.clip(widths[1] / widths[0], 0.5, 1.8))
    return PitchMapping(float(np.median(own)), float(np.median(target)), spread)
