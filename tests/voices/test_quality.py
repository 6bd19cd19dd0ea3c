"""The quality judge gives what its package gives, for less."""

import numpy as np
import pytest
import torch

from avatar.voices.quality import QUALITY, _opened, quality_of
from avatar.voices.resample import resampled
from avatar.weights import locate


@pytest.mark.parametrize("seconds", [0.3, 3.1, 7.4])
def test_silence_that_is_looked_at_once_changes_no_score(seconds, ben):
    spoken = resampled(ben[0], 24_000, 16_000)[: round(seconds * 16_000)]
    padded = np.pad(spoken, (0, 122_880 - len(spoken)))[None]
    with torch.inference_mode():
        wanted = float(_opened(locate(QUALITY))(torch.from_numpy(padded)))

    assert quality_of(spoken, 16_000, locate(QUALITY)) == pytest.approx(wanted, abs=1e-4)
