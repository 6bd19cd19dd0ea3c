"""The quality judge gives what its package gives, for less."""

import numpy as np
import pytest
import torch

from avatar.media.audio.resample import resample
from avatar.models.weights import locate
from avatar.voices.judging.quality import QUALITY, _load, predict_mos


@pytest.mark.parametrize(("units", "near"), [(False, 1e-4), (True, 0.01)])
@pytest.mark.parametrize("seconds", [0.3, 3.1, 7.4])
def test_neither_short_cuts_nor_short_numbers_change_a_score(seconds, units, near, ben, monkeypatch):
    monkeypatch.setattr("avatar.runtime.precision._has_bf16_units", lambda: units)
    spoken = resample(ben[0], 24_000, 16_000)[: round(seconds * 16_000)]
    padded = np.pad(spoken, (0, 122_880 - len(spoken)))[None]
    with torch.inference_mode():
        wanted = float(_load(locate(QUALITY))(torch.from_numpy(padded)))

    assert predict_mos(spoken, 16_000, locate(QUALITY)) == pytest.approx(wanted, abs=near)
