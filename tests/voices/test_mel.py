"""Mel spectra: the numbers that speaker encoders were trained on."""

import librosa
import numpy as np
import pytest
from scipy.signal import get_window

from avatar.voices.signal.mel import frames_of, mel_power


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
