"""What was learned of a voice: how the base voice's spectra and pitch have to change to sound like it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.runtime.threads import one_thread
from avatar.voices.adaptation.kernel_ridge import KernelRidge
from avatar.voices.adaptation.phoneme_weights import phoneme_weights
from avatar.voices.base.utterance import Utterance
from avatar.voices.signal.breathiness import change_breathiness
from avatar.voices.signal.cepstra import Reals, log_spectrum, mel_cepstra, shift_formants
from avatar.voices.signal.harmonics import interpolate_harmonics, minimum_phase, smooth_over_time
from avatar.voices.signal.noise_floor import UNKNOWN_NOISE_FLOOR, lower_noise_floor, measure_noise_floor
from avatar.voices.signal.spectra import MIN_VOICED_HZ, Spectra, detect_speech, frame_levels

_INPUT_COEFFICIENTS = 30  # cepstral coefficients a prediction looks at
_MILD_RIDGE_FACTOR = 20.0  # times the ridge of a voice: at 50 as clear, and too unlike for a short line
_SMOOTHING_FRAMES = 3  # frames (37 ms)
_MIN_PITCH_HZ, _MAX_PITCH_HZ = 55.0, 600.0  # Hz


@dataclass(frozen=True)
class PitchMapping:
    """How a pitch curve moves from one voice to another: log medians and the ratio of their spreads."""

    ours: float
    theirs: float
    spread: float

    def of(self, pitch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return *pitch* (frames,) in Hz, 0 where unvoiced, moved to that of the other voice."""
        log = np.log(np.maximum(pitch, MIN_VOICED_HZ))
        moved = np.clip(np.exp(self.theirs + (log - self.ours) * self.spread), _MIN_PITCH_HZ, _MAX_PITCH_HZ)
        return np.where(pitch >= MIN_VOICED_HZ, moved, pitch).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Adaptation:
    """One person's voice, relative to the base voice.

    First the base voice's resonances move by the factor *throat*. *regression* predicts how each frame's mel-cepstrum,
    up to *band* Hz, then still differs. The prediction's mean *ours* (40,) becomes *theirs*, and its spread grows by
    *variety*, which every regression flattens. All that was predicted is scaled by *strength*: a little more than all
    of it is more alike. *pace* is the person's speed relative to the base voice's, *depth* what they have below their
    pitch (``measure_noise_floor``), *breath* (nepers) how much more of it is heard than in the base voice. The more
    *calm*, the less a prediction follows single frames.
    """

    regression: KernelRidge
    band: float
    ours: Reals
    theirs: Reals
    variety: Reals
    melody: PitchMapping
    pace: float
    strength: float = 1.0
    throat: float = 1.0
    depth: float = UNKNOWN_NOISE_FLOOR
    calm: int = 1
    breath: float = 0.0

    @property
    def milder(self) -> "Adaptation":
        """This voice, learned more timidly: less alike, but vowels that became others are clear again.

        Less strength takes back all of the change evenly, and those vowels last.
        """
        with one_thread():
            return replace(self, regression=self.regression.trusting(_MILD_RIDGE_FACTOR * self.regression.ridge))

    def of(self, said: Utterance, strength: float = 1.0) -> Spectra:
        """Return what the base voice *said* as this voice would say it, in the same frames.

        Less than this voice's full *strength* is less alike, and clearer.

        The predicted gain goes straight onto the base voice's own spectra, before its own synthesis: no second
        analysis, so no vocoder sound.
        """
        return self.changed(analyse_utterance(said, self.band), strength)

    def changed(self, line: "UtteranceAnalysis", strength: float = 1.0) -> Spectra:
        """Return the *line* as this voice would say it, as :meth:`of` does; analysed once, it serves several voices."""
        spectra = line.said.spectra
        with one_thread():
            gain = np.float32(strength) * self._gain(line)
        pitch = self.melody.of(spectra.pitch)
        # More harmonics in the same band must each be weaker, or a deeper voice would be a louder one.
        density = np.log(np.maximum(pitch, MIN_VOICED_HZ) / np.maximum(spectra.pitch, MIN_VOICED_HZ)) / 2
        harmonic = line.harmonic + gain + np.where(spectra.voiced, density, 0).astype(np.float32)
        changed = replace(
            spectra,
            harmonic=harmonic,
            harmonic_phase=minimum_phase(smooth_over_time(harmonic, pitch >= MIN_VOICED_HZ)),
            noise=spectra.noise + gain,
            rest=spectra.rest + gain,
            pitch=pitch,
        )
        # A changed voice has as much below its pitch as the base voice had: the change moves both.
        return change_breathiness(lower_noise_floor(changed, self.depth - line.depth), self.breath)

    def _gain(self, line: "UtteranceAnalysis") -> NDArray[np.float32]:
        """Return the change of the log magnitudes (601, frames)."""
        from scipy.ndimage import median_filter, uniform_filter1d

        ours = shift_formants(line.cepstra, self.throat)
        predicted = ours + self.regression.predict(regression_inputs(ours, line.said.spectra.voiced), line.phonemes)
        change = self.theirs + (predicted - self.ours) * self.variety - ours
        moved = ours - line.cepstra
        for each in (change, moved):
            each[:, 0] = 0.0  # loudness is the base voice's
            each[~line.active] = 0.0
        # What is computed of a frame does not jitter as predictions do, and keeps up with the sounds.
        settled = self.strength * median_filter(change, size=(2 * self.calm + 3, 1), mode="nearest")
        calm = uniform_filter1d(settled, 2 * self.calm + 1, axis=0, mode="nearest")
        return log_spectrum(calm + uniform_filter1d(moved, _SMOOTHING_FRAMES, axis=0, mode="nearest"))


@dataclass(frozen=True, eq=False)
class UtteranceAnalysis:
    """What the base voice *said*, and what every voice looks at in it.

    *cepstra* (frames, 40) and *phonemes* (frames, 40) are as in ``SpeechAnalysis``, *active* (frames,) says which
    frames hold speech, *harmonic* (601, frames) are log magnitudes in nepers interpolated between the harmonics,
    *depth* is the noise floor (``measure_noise_floor``).
    """

    said: Utterance
    cepstra: Reals
    phonemes: Reals
    active: NDArray[np.bool_]
    harmonic: NDArray[np.float32]
    depth: float


def analyse_utterance(said: Utterance, band: float) -> UtteranceAnalysis:
    """Return what the base voice *said* as a voice learned up to *band* Hz looks at it."""
    spectra = said.spectra
    sound = spectra.plain
    cepstra = mel_cepstra(sound, spectra.pitch, band)
    phonemes = phoneme_weights(said.timings, len(cepstra))
    speaks = detect_speech(frame_levels(sound))
    depth = measure_noise_floor(sound, spectra.pitch, speaks)
    return UtteranceAnalysis(said, cepstra, phonemes, speaks, interpolate_harmonics(spectra), depth)


def regression_inputs(cepstra: Reals, voiced: NDArray[np.bool_]) -> Reals:
    """Return the inputs (frames, 61) of the regression: spectral shape, its movement, and whether a frame is voiced.

    *cepstra* (frames, 40) are mel-cepstra, *voiced* (frames,) is a mask.
    """
    wide = np.pad(cepstra, ((2, 2), (0, 0)), mode="edge")
    movement = wide[4:] - wide[:-4]
    return np.concatenate(
        [cepstra[:, :_INPUT_COEFFICIENTS], 0.7 * movement[:, :_INPUT_COEFFICIENTS], 3.0 * voiced[:, None]], axis=1
    )
