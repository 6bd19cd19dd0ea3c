import librosa
import numpy as np
import pytest

from avatar.voices.signal.dtw import dtw


@pytest.mark.parametrize(("ours", "theirs"), [(1, 1), (5, 3), (1, 4), (7, 1), (120, 90)])
def test_the_path_is_librosas(ours, theirs):
    random = np.random.default_rng(ours)
    one, other = (np.cumsum(random.standard_normal((count, 8)), axis=0) for count in (ours, theirs))

    _, path = librosa.sequence.dtw(
        one.T,
        other.T,
        step_sizes_sigma=np.array([[1, 1], [1, 2], [2, 1], [1, 0], [0, 1]]),
        weights_mul=np.array([1.0, 1.5, 1.5, 1.2, 1.2]),
    )

    assert np.array_equal(dtw(one, other), path[::-1])


def test_what_is_said_at_half_the_speed_is_found():
    said = np.cumsum(np.random.default_rng(0).standard_normal((40, 8)), axis=0)

    path = dtw(said, np.repeat(said, 2, axis=0))

    assert np.array_equal(path[:, 0], path[:, 1] // 2)
    assert tuple(path[-1]) == (39, 79)
