from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar.errors import EngineError, InputError
from avatar.media.audio.resample import resample
from avatar.voices.adaptation.adaptation import Adaptation, PitchMapping, analyse_utterance, regression_inputs
from avatar.voices.adaptation.kernel_ridge import fit_kernel_ridge
from avatar.voices.adaptation.learning import (
    AdaptationSettings,
    SpeechAnalysis,
    align_pairs,
    analyse_base_voice,
    analyse_speech,
)
from avatar.voices.adaptation.voice_model import (
    StoredSample,
    read_adaptation,
    read_sample,
    read_standard,
    write_adaptation,
    write_sample,
)
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.base.base_tts import BaseTts, Utterance
from avatar.voices.judging.scores import AcceptanceCriteria
from avatar.voices.judging.speaker_embedding import SpeakerEmbedding
from avatar.voices.recognition.recogniser import transcribe, word_error_rate
from avatar.voices.signal.cepstra import estimate_bandwidth, log_spectrum, mel_cepstra, shift_formants
from avatar.voices.signal.noise_floor import UNKNOWN_NOISE_FLOOR
from avatar.voices.signal.pitch import estimate_pitch
from avatar.voices.signal.spectra import RATE, detect_speech, frame_levels
from avatar.voices.text.script import split_script

MANNER = AdaptationSettings(ridge=0.1, shared=0.8)
STANDARD = AcceptanceCriteria(SpeakerEmbedding(np.eye(2, 256, dtype=np.float32)), (0.625, 0.5))


@pytest.fixture(scope="module")
def voice(ben: tuple[NDArray[np.float32], str], speaker: BaseTts) -> Adaptation:
    sound, text = ben
    return learned(sound, text, speaker)


def learned(sound: NDArray[np.float32], text: str, speaker: BaseTts) -> Adaptation:
    theirs = analyse_speech(sound, align_phonemes(sound, RATE, text))
    ours = analyse_base_voice([speaker.say(line.text) for line in split_script(text)], theirs.band)
    return align_pairs(ours, theirs, MANNER, lambda _done: None).adapted(MANNER)


def say(voice: Adaptation | None, speaker: BaseTts, text: str) -> NDArray[np.float32]:
    lines = [speaker.say(line.text, voice.pace if voice else 1.0) for line in split_script(text)]
    return np.concatenate([(voice.of(line) if voice else line.spectra).sound(seed=1) for line in lines])


def character(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean mel-cepstrum of speech, without its loudness."""
    pitch = estimate_pitch(sound)
    spoken = detect_speech(frame_levels(np.pad(sound, (0, 600)))[: len(pitch)])
    return mel_cepstra(sound, pitch)[spoken].mean(axis=0)[1:]


def test_a_melody_moves_the_median_and_leaves_silence_alone() -> None:
    melody = PitchMapping(ours=np.log(200), theirs=np.log(100), spread=1.0)

    assert melody.of(np.array([200, 0, 400, -1], np.float32)) == pytest.approx([100, 0, 200, -1])


def test_a_flat_cepstrum_is_a_flat_spectrum() -> None:
    cepstra = np.zeros((2, 40))
    cepstra[1, 0] = 1.5

    assert log_spectrum(cepstra).T[[0, 1], 300] == pytest.approx([0.0, 1.5])


def test_a_longer_throat_resonates_lower() -> None:
    place = np.arange(601) * 20.0
    cepstra = np.zeros((1, 40))
    cepstra[0, 3] = 1.0
    peaks = [
        place[100:300][np.argmax(log_spectrum(shift_formants(cepstra, throat))[100:300, 0])]
        for throat in (0.8, 1.0, 1.1)
    ]

    assert peaks[0] / peaks[1] == pytest.approx(0.8, abs=0.02)
    assert peaks[2] / peaks[1] == pytest.approx(1.1, abs=0.02)


def test_a_throat_as_long_as_ones_own_changes_nothing() -> None:
    cepstra = np.random.default_rng(0).standard_normal((5, 40))

    assert shift_formants(cepstra, 1.0) is cepstra


@pytest.mark.slow
@pytest.mark.parametrize("throat", [0.88, 1.0, 1.08])
def test_the_throat_that_explains_the_person_best_is_found(throat: float, speaker: BaseTts) -> None:
    lines = ("The boy was there when the sun rose over the harbour.", "Who asked for a pleasant voyage?")
    ours = analyse_base_voice([speaker.say(line) for line in lines], 12_000.0)
    theirs = replace(ours, cepstra=shift_formants(ours.cepstra, throat))

    assert align_pairs(ours, theirs, MANNER, lambda _done: None).throat == throat


@pytest.mark.slow
@pytest.mark.parametrize("pace", [0.85, 1.1])
@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_a_voice_is_as_fast_as_its_sample_however_noisy_the_pauses_are(
    pace: float, noise: float, speaker: BaseTts
) -> None:
    text = "The boy was there when the sun rose over the harbour. He asked for a pleasant voyage, and he waited."
    said = [speaker.say(line.text, pace).spectra.sound(seed=1) for line in split_script(text)]
    pause = np.zeros(RATE // 2, np.float32)
    sound = np.concatenate([piece for each in said for piece in (each, pause)])
    sound += noise * np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    theirs = analyse_speech(sound, align_phonemes(sound, RATE, text))
    pairs = align_pairs(
        analyse_base_voice([speaker.say(line.text) for line in split_script(text)], theirs.band), theirs, MANNER, print
    )

    assert pairs.pace == pytest.approx(pace, abs=0.03)


@pytest.mark.slow
def test_a_sharper_manner_spreads_the_fine_shapes_and_leaves_the_formants(
    ben: tuple[NDArray[np.float32], str], speaker: BaseTts
) -> None:
    sound, text = ben
    theirs = analyse_speech(sound, align_phonemes(sound, RATE, text))
    pairs = align_pairs(
        analyse_base_voice([speaker.say(line.text) for line in split_script(text)], theirs.band), theirs, MANNER, print
    )

    plain, sharp = pairs.adapted(MANNER), pairs.adapted(replace(MANNER, sharp=1.3, calm=3))

    assert np.array_equal(plain.variety[:12], sharp.variety[:12])
    assert sharp.variety[12:] == pytest.approx(1.3 * plain.variety[12:])
    assert (plain.calm, sharp.calm) == (1, 3)


@pytest.mark.slow
def test_a_calm_voice_jitters_less(voice: Adaptation, said: Callable[[str], Utterance]) -> None:
    line = analyse_utterance(said("She measured the width of the bridge."), voice.band)

    def jitter(calm: int) -> float:
        change = replace(voice, calm=calm, throat=1.0).changed(line).rest - line.said.spectra.rest
        return float(np.abs(np.diff(change, axis=1)).mean())

    assert jitter(3) < jitter(1) < jitter(0)


def test_a_regression_with_a_small_ridge_follows_its_examples() -> None:
    inputs = np.random.default_rng(0).standard_normal((50, 3))
    outputs = inputs @ np.array([[1.0], [2.0], [-1.0]])

    said = np.ones((50, 1))
    close, loose = (
        fit_kernel_ridge(inputs, said, outputs, ridge=ridge, shared=0.5).predict(inputs, said) for ridge in (1e-6, 1e6)
    )

    assert np.abs(close - outputs).max() < 0.01
    assert np.abs(loose - outputs.mean()).max() < 0.01


def test_what_one_phoneme_teaches_hardly_counts_for_another() -> None:
    inputs, said = np.zeros((20, 2)), np.repeat(np.eye(2), 10, axis=0)
    outputs = np.repeat([[1.0], [-1.0]], 10, axis=0)

    apart, alike = (
        fit_kernel_ridge(inputs, said, outputs, ridge=0.1, shared=shared).predict(inputs, said) for shared in (0.0, 1.0)
    )

    assert np.abs(apart - outputs).max() < 0.05
    assert np.abs(alike).max() < 0.05


@pytest.mark.slow
def test_an_adapted_voice_is_nearer_to_the_person_in_every_way(
    voice: Adaptation, speaker: BaseTts, ben_held_out: tuple[NDArray[np.float32], str]
) -> None:
    person, text = ben_held_out
    base, adapted = say(None, speaker, text), say(voice, speaker, text)

    distances = [np.linalg.norm(character(sound) - character(person)) for sound in (base, adapted)]
    medians = [np.median(pitch[pitch > 0]) for pitch in map(estimate_pitch, (base, adapted, person))]
    assert distances[1] < 0.4 * distances[0]
    assert abs(medians[1] / medians[2] - 1) < 0.1 < abs(medians[0] / medians[2] - 1)


@pytest.mark.slow
def test_speaker_encoders_hear_the_person(
    voice: Adaptation, speaker: BaseTts, ben_held_out: tuple[NDArray[np.float32], str]
) -> None:
    resemblyzer = pytest.importorskip("resemblyzer")
    encoder = resemblyzer.VoiceEncoder("cpu", verbose=False)
    person, text = ben_held_out

    target, base, adapted = (
        encoder.embed_utterance(resemblyzer.preprocess_wav(sound.astype(np.float64), source_sr=RATE))
        for sound in (person, say(None, speaker, text), say(voice, speaker, text))
    )

    assert base @ target < 0.65
    assert adapted @ target > 0.82


@pytest.mark.slow
def test_an_adapted_voice_is_understood(
    voice: Adaptation, speaker: BaseTts, ben_held_out: tuple[NDArray[np.float32], str]
) -> None:
    _, text = ben_held_out

    assert word_error_rate(text, transcribe(say(voice, speaker, text), RATE)) <= 0.07


def test_the_band_of_a_recording_is_where_it_ends(ben: tuple[NDArray[np.float32], str]) -> None:
    sound = ben[0][: 10 * RATE]
    narrow = resample(resample(sound, RATE, 16_000), 16_000, RATE)

    assert estimate_bandwidth(sound) > 10_500
    assert 7_000 < estimate_bandwidth(narrow) < 8_000


@pytest.mark.slow
def test_a_narrow_recording_is_not_learned_as_a_muffled_voice(
    ben: tuple[NDArray[np.float32], str], speaker: BaseTts
) -> None:
    sound, text = ben
    voice = learned(resample(resample(sound, RATE, 16_000), 16_000, RATE), text, speaker)
    plain = speaker.say("She sells sea shells.")

    high = slice(450, 600)  # 9 to 12 kHz
    change = (voice.of(plain).noise - plain.spectra.noise)[high].mean()
    assert -1.5 < change < 1.5  # nepers


@pytest.mark.slow
def test_learning_again_gives_the_same_voice(
    voice: Adaptation, ben: tuple[NDArray[np.float32], str], speaker: BaseTts, tmp_path: Path
) -> None:
    sound, text = ben
    again = learned(sound, text, speaker)

    write_adaptation(tmp_path / "one.npz", voice, STANDARD)
    write_adaptation(tmp_path / "other.npz", again, STANDARD)

    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.mark.slow
def test_a_written_voice_speaks_the_same(voice: Adaptation, said: Callable[[str], Utterance], tmp_path: Path) -> None:
    voice = replace(voice, strength=1.15, throat=0.88, depth=-5.0, calm=3, breath=-0.3)
    write_adaptation(tmp_path / "voice.npz", voice, STANDARD)
    plain = said("Hello there.")

    read = read_adaptation(tmp_path / "voice.npz")

    assert np.array_equal(read.of(plain).sound(1), voice.of(plain).sound(1))


@pytest.mark.slow
def test_a_stronger_voice_changes_more(voice: Adaptation, said: Callable[[str], Utterance]) -> None:
    plain = said("Hello there.")

    changes = [
        np.abs(voice.of(plain, strength).harmonic - voice.of(plain, 0.0).harmonic).mean() for strength in (0.5, 1.0)
    ]

    assert changes[1] == pytest.approx(2 * changes[0], rel=1e-4)
    assert changes[0] > 0


def test_a_sample_with_hardly_a_voice_is_not_learned() -> None:
    nothing = SpeechAnalysis(
        12_000.0,
        np.random.default_rng(0).standard_normal((60, 40)),
        np.zeros((60, 40)),
        np.zeros(60),
        np.ones(60, dtype=bool),
    )

    with pytest.raises(EngineError) as refusal:
        align_pairs(nothing, nothing, MANNER, lambda _done: None)

    assert refusal.value.code == "voice.not-learned"


def test_a_kept_sample_is_not_an_adaptation(tmp_path: Path) -> None:
    kept = StoredSample(np.ones(5, np.float32), 24_000, "Hello — wörld.")
    write_sample(tmp_path / "voice.npz", kept, STANDARD)

    with pytest.raises(InputError, match=r"learning: \{engine: ridge\}") as refusal:
        read_adaptation(tmp_path / "voice.npz")

    assert refusal.value.code == "voice.wrong-model"
    assert read_sample(tmp_path / "voice.npz").transcript == kept.transcript
    assert read_standard(tmp_path / "voice.npz").floors == STANDARD.floors
    assert read_standard(tmp_path / "voice.npz").voice.likeness(STANDARD.voice) == (1, 1)


def some_voice() -> Adaptation:
    noise = np.random.default_rng(0).standard_normal
    regression = fit_kernel_ridge(noise((9, 61)), np.eye(9, 40), noise((9, 40)), ridge=0.1, shared=0.8)
    melody = PitchMapping(5.2, 4.5, 1.0)
    return Adaptation(regression, 12_000.0, noise(40), noise(40), np.ones(40), melody, pace=0.95, strength=1.15)


def without(array: str, path: Path) -> None:
    with np.load(path) as file:
        np.savez(path.with_suffix(".new.npz"), **{name: file[name] for name in file.files if name != array})
    path.with_suffix(".new.npz").replace(path)


def test_a_voice_learned_before_there_were_strengths_is_done_in_full(tmp_path: Path) -> None:
    write_adaptation(tmp_path / "voice.npz", some_voice(), STANDARD)
    without("strength", tmp_path / "voice.npz")

    read = read_adaptation(tmp_path / "voice.npz")

    assert (read.strength, read.pace) == (1.0, 0.95)


def test_a_voice_learned_before_throats_were_moved_keeps_the_base_voices(tmp_path: Path) -> None:
    moved = replace(some_voice(), throat=0.88, depth=-5.0, calm=3, breath=-0.3)
    write_adaptation(tmp_path / "voice.npz", moved, STANDARD)
    for array in ("throat", "depth", "calm", "breath", "ridge"):
        without(array, tmp_path / "voice.npz")

    read = read_adaptation(tmp_path / "voice.npz")

    assert (read.throat, read.depth, read.calm, read.breath) == (1.0, UNKNOWN_NOISE_FLOOR, 1, 0.0)
    assert read.regression.ridge == 0.1


def test_a_voice_that_lacks_something_is_refused_by_its_name(tmp_path: Path) -> None:
    write_adaptation(tmp_path / "voice.npz", some_voice(), STANDARD)
    without("variety", tmp_path / "voice.npz")

    with pytest.raises(InputError, match=r"'variety'.*learn it again") as refusal:
        read_adaptation(tmp_path / "voice.npz")

    assert refusal.value.code == "voice.unreadable"


@pytest.mark.slow
def test_what_was_analysed_once_gives_each_voice_the_same_sound(
    voice: Adaptation, said: Callable[[str], Utterance]
) -> None:
    plain = said("Hello there.")
    line = analyse_utterance(plain, voice.band)

    for strength in (0.7, 1.15):
        other = replace(voice, strength=strength)
        assert np.array_equal(other.changed(line).sound(1), other.of(plain).sound(1))


@pytest.mark.parametrize(
    ("reference", "said", "rate"),
    [
        ("Twenty-one trains, please.", "21 trains please", 0.0),
        ("It's 7:30 pm.", "it's 7:30 PM", 0.0),
        ("one two three four", "one two tree four", 0.25),
    ],
)
def test_word_errors_count_words_and_not_spelling(reference: str, said: str, rate: float) -> None:
    assert word_error_rate(reference, said) == pytest.approx(rate)


@pytest.mark.parametrize("ridge", [0.01, 0.1, 20.0])
def test_a_regression_can_be_made_more_timid_afterwards(ridge: float) -> None:
    noise = np.random.default_rng(0).standard_normal
    inputs, said, outputs = noise((60, 5)), np.abs(noise((60, 4))), noise((60, 2))

    after = fit_kernel_ridge(inputs, said, outputs, ridge=0.1, shared=0.8).trusting(ridge)

    before = fit_kernel_ridge(inputs, said, outputs, ridge=ridge, shared=0.8)
    assert after.predict(inputs, said) == pytest.approx(before.predict(inputs, said), abs=1e-6)
    assert after.ridge == ridge


@pytest.mark.slow
def test_a_milder_voice_follows_single_sounds_less_and_is_the_same_each_time(
    voice: Adaptation, said: Callable[[str], Utterance]
) -> None:
    line = analyse_utterance(said("She measured the width of the bridge."), voice.band)

    once, again, full = (
        some.regression.predict(regression_inputs(line.cepstra, line.said.spectra.voiced), line.phonemes)[line.active]
        for some in (voice.milder, voice.milder, voice)
    )

    assert np.array_equal(once, again)
    assert once.std(axis=0).mean() < 0.8 * full.std(axis=0).mean()
