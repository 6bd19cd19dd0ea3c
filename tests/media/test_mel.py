"""Mel spectra: the numbers that speaker encoders and the Wav2Lip generator were trained on."""

import librosa
import numpy as np
import pytest
from scipy.signal import get_window

from avatar.media.audio.mel import (
    frames_of,
    hz_to_mel,
    hz_to_mel_htk,
    mel_filter_bank,
    mel_power,
    mel_to_hz,
    mel_to_hz_htk,
)


@pytest.mark.parametrize("samples", [400, 1000, 16_000])
def test_they_are_librosas_to_the_last_bit(samples):
    sound = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)

    mine = mel_power(frames_of(np.pad(sound, 200), 400, 160), get_window("hann", 400), 16_000, 40)

    theirs = librosa.feature.melspectrogram(y=sound, sr=16_000, n_fft=400, hop_length=160, n_mels=40)
    assert np.array_equal(mine, theirs)


def test_a_window_shorter_than_the_frame_lies_in_its_middle():
    sound = np.random.default_rng(1).normal(0, 0.1, 9_000).astype(np.float32)

    mine = mel_power(frames_of(sound, 512, 160), np.pad(get_window("hamming", 400), 56), 16_000, 40)

    theirs = librosa.feature.melspectrogram(
        y=sound, sr=16_000, n_fft=512, win_length=400, hop_length=160, n_mels=40, window="hamming", center=False
    )
    assert np.array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("rate", "size", "bands", "lowest", "highest"),
    [
        (16_000, 800, 80, 55, 7_600),
        (16_000, 400, 40, 0, None),
        (22_050, 1024, 80, 0, 8_000),
        (48_000, 2048, 64, 1_500, None),
    ],
)
def test_filters_are_librosas_to_the_last_bit(rate, size, bands, lowest, highest):
    theirs = librosa.filters.mel(sr=rate, n_fft=size, n_mels=bands, fmin=lowest, fmax=highest)

    assert np.array_equal(mel_filter_bank(rate, size, bands, lowest, highest), theirs)


def test_both_scales_are_librosas_there_and_back():
    hertz = np.array([0.0, 20.0, 55.0, 999.0, 1000.0, 1001.0, 7_600.0, 22_050.0])

    assert np.allclose([hz_to_mel(each) for each in hertz], librosa.hz_to_mel(hertz), rtol=1e-12)
    assert np.allclose(mel_to_hz(librosa.hz_to_mel(hertz)), hertz, rtol=1e-12)
    assert np.allclose(hz_to_mel_htk(hertz), librosa.hz_to_mel(hertz, htk=True), rtol=1e-4)  # HTK's 2595 is rounded
    assert np.allclose(mel_to_hz_htk(hz_to_mel_htk(hertz)), hertz, rtol=1e-12)
