"""What a mouth is heard to do, from sound alone."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.app.resources import PERFORMERS
from avatar.errors import WeightsError
from avatar.faces.geometry.blendshapes import INDEX, neutral
from avatar.faces.geometry.lip_geometry import mean_lip_gap
from avatar.faces.geometry.rig import Rig
from avatar.faces.lips.lipsync import compare_lip_sync
from avatar.faces.motion.audio_to_blendshapes import audio_to_blendshapes
from avatar.faces.motion.mouth_encoder import EVENTS, MOUTH, SHAPES, MouthEncoder
from avatar.faces.motion.visemes import BILABIALS, MAX_JAW_OPEN, viseme_track
from avatar.media.audio.io import read_sound
from avatar.media.frames import frame_count
from avatar.models.weights import locate
from avatar.voices.alignment.forced_alignment import align_phonemes
from avatar.voices.base.base_tts import BASE_VOICE, open_base_tts
from avatar.voices.judging.postprocess import postprocess
from avatar.voices.signal.spectra import RATE

TEXT = "Maybe my father will open five boxes of paper for you, Bob."


class Scripted:
    """Hears what a test says: lips together from 0.4 to 0.5 s, an open jaw before 1 s, and silence from then on."""

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = len(features)
        times = (np.arange(count) + 0.5) / 50
        shapes, events = np.zeros((count, len(SHAPES))), np.zeros((count, len(EVENTS)))
        shapes[:, SHAPES.index("jawOpen")] = 0.5
        events[:, EVENTS.index("lips")] = (times > 0.4) & (times < 0.5)
        events[:, EVENTS.index("silence")] = times > 1
        return shapes.astype(np.float32), events.astype(np.float32)


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(1).normal(0, 0.1, 96_000), 48_000)
    return tmp_path / "noise.wav"


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(50)])
def test_contacts_are_made_silence_is_still_and_both_ends_rest(noise: Path, rate: Fraction) -> None:
    count = frame_count(2.0, rate)
    track = audio_to_blendshapes(noise, rate, count, Scripted())  # type: ignore[arg-type]
    times, jaw = (np.arange(count) + 0.5) / float(rate), track[:, INDEX["jawOpen"]]

    assert track.shape == (count, 52)
    assert not track[[0, -1]].any()
    assert jaw[np.abs(times - 0.45).argmin()] < 0.01
    assert track[np.abs(times - 0.45).argmin(), INDEX["mouthPressLeft"]] > 0.3
    assert jaw[(times > 0.6) & (times < 0.95)].min() == pytest.approx(MAX_JAW_OPEN, abs=1e-6)
    assert not track[times > 1.05].any()


@pytest.fixture(scope="module")
def encoder() -> MouthEncoder:
    return MouthEncoder(locate(MOUTH))


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    try:
        speaker = open_base_tts(locate(BASE_VOICE))
    except WeightsError as error:
        pytest.skip(str(error))
    utterance = speaker.say(TEXT)
    sound, timings = postprocess(utterance.spectra.sound(seed=3), RATE, utterance.timings, TEXT, 3)
    path = tmp_path_factory.mktemp("said") / "sound.wav"
    soundfile.write(path, sound, 48_000)
    return path, timings


def test_the_encoder_hears_what_the_phonemes_ask_for(said, encoder: MouthEncoder) -> None:
    path, timings = said
    rate = Fraction(25)
    count = frame_count(timings.duration, rate)
    heard, asked = audio_to_blendshapes(path, rate, count, encoder), viseme_track(timings, rate, count)
    closed = [
        heard[max(0, int(phone.start * 25) - 1) : int(phone.end * 25) + 2, INDEX["mouthPressLeft"]].max() > 0.3
        for phone in timings.phones
        if phone.symbol in BILABIALS
    ]

    assert np.corrcoef(heard[:, INDEX["jawOpen"]], asked[:, INDEX["jawOpen"]])[0, 1] > 0.85
    assert np.mean(closed) >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ava", "ben", "mia"])
def test_lips_follow_recordings_that_the_encoder_was_never_trained_on(name: str, encoder: MouthEncoder) -> None:
    # The performers' own recordings; measured on the mesh of the mean face, before a picture adds its noise.
    path, rate, rig = PERFORMERS / f"{name}_statement.flac", Fraction(25), Rig.of(neutral())
    timings = align_phonemes(*read_sound(path), path.with_suffix(".txt").read_text())
    track = audio_to_blendshapes(path, rate, frame_count(timings.duration, rate), encoder)
    seen = compare_lip_sync(
        np.array([mean_lip_gap(rig.apply_blendshapes(each)) for each in track], np.float32), timings, rate
    )

    assert seen.correlation >= 0.86
    assert seen.lag == 0
    assert seen.closed >= 0.95
    assert seen.moves_in_silence < 0.01


def test_what_is_quiet_for_long_moves_nothing_even_where_something_is_heard(tmp_path: Path) -> None:
    loud, faint = (np.random.default_rng(4).normal(0, level, 24_000) for level in (0.1, 1e-4))
    soundfile.write(tmp_path / "hushed.wav", np.concatenate([loud, faint]), 48_000)
    times = (np.arange(25) + 0.5) / 25
    # The script opens the jaw up to 1 s; from 0.5 s on there is nothing to be heard.
    track = audio_to_blendshapes(tmp_path / "hushed.wav", Fraction(25), 25, Scripted())  # type: ignore[arg-type]

    assert track[(times > 0.2) & (times < 0.38), INDEX["jawOpen"]].min() > 0.3
    assert not track[times > 0.6].any()


def test_gain_changes_nothing_and_the_same_sound_is_heard_the_same(said, encoder: MouthEncoder, tmp_path: Path) -> None:
    path, _ = said
    sound, rate = soundfile.read(path, dtype="float32")
    soundfile.write(tmp_path / "quiet.wav", sound / 8, rate, subtype="FLOAT")
    tracks = [audio_to_blendshapes(each, Fraction(25), 40, encoder) for each in (path, path, tmp_path / "quiet.wav")]

    assert np.array_equal(tracks[0], tracks[1])
    assert np.abs(tracks[0] - tracks[2]).max() < 0.02


def test_what_comes_long_after_does_not_change_what_is_heard_now(encoder: MouthEncoder) -> None:
    features = np.random.default_rng(2).normal(0, 1, (2500, 384)).astype(np.float32)
    whole, part = encoder.predict(features), encoder.predict(features[:1000])

    assert len(whole[0]) == 2500
    assert np.array_equal(whole[0][:400], part[0][:400])
    assert ((whole[1] >= 0) & (whole[1] <= 1)).all()


def test_silence_around_speech_moves_no_mouth(said, encoder: MouthEncoder, tmp_path: Path) -> None:
    speech, rate = soundfile.read(said[0], dtype="float32")
    room = np.random.default_rng(3).normal(0, 1e-4, rate * 3).astype(np.float32)
    soundfile.write(tmp_path / "room.wav", np.concatenate([room, speech, room]), rate)
    count = frame_count((len(speech) + 2 * len(room)) / rate, Fraction(25))
    track = audio_to_blendshapes(tmp_path / "room.wav", Fraction(25), count, encoder)

    assert np.abs(track[:70]).max() < 0.01
    assert np.abs(track[-70:]).max() < 0.01
    assert track.max() > 0.3


def test_no_sound_at_all_is_a_mouth_at_rest(encoder: MouthEncoder) -> None:
    shapes, events = encoder.predict(np.zeros((0, 384), np.float32))

    assert shapes.shape == (0, len(SHAPES))
    assert events.shape == (0, len(EVENTS))
