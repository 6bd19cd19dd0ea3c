"""Sound: read with limits, cut to the sample, brought to one loudness without clipping."""

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import resample_poly

from avatar.errors import InputError
from avatar.media.audio.io import duration_of, fit_length, read_sound, write_sound
from avatar.media.audio.limiter import CEILING, limit_true_peaks
from avatar.media.audio.loudness import integrated_loudness
from avatar.media.audio.normalize import normalize
from avatar.media.audio.resample import resample, resample_stream
from tests.media.video_fixtures import tone


def speechlike(seconds, seed=0, loud=0.1):
    """Noise in syllables, with pauses."""
    count = int(seconds * 48_000)
    syllables = np.abs(np.sin(np.arange(count) / 48_000 * 9)) * (np.sin(np.arange(count) / 48_000 * 1.3) > -0.5)
    return (np.random.default_rng(seed).standard_normal(count) * syllables * loud).astype(np.float32)


def in_pieces(sound, size):
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def true_peak(sound):
    return float(np.abs(resample_poly(sound.astype(np.float64), 8, 1)).max())


def test_what_is_written_reads_back(tmp_path):
    write_sound(tmp_path / "s.wav", [tone(1000), tone(500)], 24_000)

    sound, rate = read_sound(tmp_path / "s.wav")
    assert rate == 24_000
    assert np.abs(sound - np.concatenate([tone(1000), tone(500)])).max() < 1 / 32_000
    assert duration_of(tmp_path / "s.wav") == 1500 / 24_000


def test_too_loud_a_sound_is_clipped_and_never_wraps(tmp_path):
    write_sound(tmp_path / "s.wav", [np.array([2.0, -2.0], np.float32)])

    assert read_sound(tmp_path / "s.wav")[0] == pytest.approx([1, -1], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("s.wav", lambda p: p.write_bytes(b"RIFF"), "sound.unreadable"),
        ("s.wav", lambda p: None, "sound.unreadable"),
        ("s.wav", lambda p: soundfile.write(p, np.zeros(0), 48_000), "sound.empty"),
        ("s.wav", lambda p: soundfile.write(p, np.zeros(4000), 4_000), "sound.not-allowed"),
        ("s.wav", lambda p: soundfile.write(p, np.zeros((100, 9)), 48_000), "sound.not-allowed"),
        ("s.aiff", lambda p: soundfile.write(p, np.zeros(100), 48_000), "sound.not-allowed"),
        ("s.wav", lambda p: soundfile.write(p, np.zeros(48_000 * 3), 48_000), "sound.too-long"),
    ],
)
def test_every_refusal_has_its_reason(tmp_path, name, make, code):
    make(tmp_path / name)

    with pytest.raises(InputError) as refusal:
        read_sound(tmp_path / name, longest=2)
    assert refusal.value.code == code


def test_resampling_keeps_pitch_and_length():
    out = resample(tone(44_100, hertz=1000, rate=44_100), 44_100, 48_000)

    assert len(out) == 48_000
    assert np.abs(np.fft.rfft(out)).argmax() == 1000


@pytest.mark.parametrize("size", [1, 97, 4096, 100_000])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_sound_resampled_in_pieces_is_the_sound_resampled_whole(size, rate):
    sound = speechlike(0.1)

    out = np.concatenate(list(resample_stream(in_pieces(sound, size), 48_000, rate)))

    assert np.allclose(out, resample(sound, 48_000, rate), atol=1e-5)


@given(st.lists(st.integers(0, 300), max_size=8), st.integers(0, 1000))
def test_sound_is_fitted_to_the_sample(sizes, samples):
    out = list(fit_length([np.ones(size, np.float32) for size in sizes], samples))

    joined = np.concatenate([*out, np.zeros(0)])
    assert len(joined) == samples
    assert joined.sum() == pytest.approx(min(samples, sum(sizes)), abs=0.1)
    assert np.count_nonzero(joined) == samples  # digital silence sounds like a fault


@pytest.mark.parametrize("size", [999, 48_000, 10**7])
def test_loudness_agrees_with_the_reference_however_it_is_cut(size):
    sound = speechlike(12)

    assert integrated_loudness(in_pieces(sound, size)) == pytest.approx(
        pyloudnorm.Meter(48_000).integrated_loudness(sound.astype(np.float64)), abs=0.05
    )


@pytest.mark.parametrize("target", [-23.0, -16.0, -14.0])
def test_sound_is_brought_to_its_target(target):
    sound = speechlike(8, loud=0.01)
    out = np.concatenate(list(normalize(lambda: iter(in_pieces(sound, 30_000)), target)))

    assert len(out) == len(sound)
    assert integrated_loudness([out]) == pytest.approx(target, abs=1.0 if target > -16 else 0.3)
    assert true_peak(out) <= CEILING * 1.02


@pytest.mark.parametrize("samples", [1, 100, 4000, 19_000])
def test_very_short_sound_is_levelled_too(samples):
    out = np.concatenate(list(normalize(lambda: iter([tone(samples)]), -23.0)))

    assert len(out) == samples
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 1


def test_silence_stays_silence():
    assert integrated_loudness([np.zeros(96_000, np.float32)]) == -np.inf
    assert not np.concatenate(list(normalize(lambda: iter([np.zeros(96_000, np.float32)]), -16.0))).any()


def test_no_target_leaves_the_sound_alone():
    assert np.array_equal(next(normalize(lambda: iter([tone(1000)]), None)), tone(1000))


@pytest.mark.parametrize("size", [1, 700, 5000, 10**6])
def test_the_limiter_holds_the_ceiling_however_sound_is_cut(size):
    sound = speechlike(0.5 if size == 1 else 3, loud=0.6)
    out = np.concatenate(list(limit_true_peaks(in_pieces(sound, size))))

    assert len(out) == len(sound)
    assert true_peak(out) <= CEILING * 1.05  # white noise: the worst that four points a sample can miss
    whole = np.concatenate(list(limit_true_peaks([sound])))
    assert np.abs(out - whole).max() < 1e-3


def test_the_limiter_does_not_touch_quiet_sound():
    assert np.array_equal(np.concatenate(list(limit_true_peaks(in_pieces(tone(50_000), 700)))), tone(50_000))
