import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.voices.base.durations import scale_durations

PLANNED = st.lists(st.floats(-0.5, 20), min_size=1, max_size=60).map(np.array)


@given(PLANNED, st.floats(0.3, 3))
def test_every_symbol_lasts_and_none_is_more_than_a_unit_off(planned: np.ndarray, pace: float) -> None:
    units, wanted = scale_durations(planned, pace), np.maximum(np.rint(planned), 1) / pace

    assert np.array_equal(units, np.rint(units))
    assert units.min() >= 1
    assert np.abs(units - np.maximum(wanted, 1)).max() <= 1


@given(PLANNED)
def test_the_usual_pace_is_what_the_network_rounds_to(planned: np.ndarray) -> None:
    assert scale_durations(planned, 1.0).tolist() == np.maximum(np.rint(planned), 1).tolist()


@pytest.mark.parametrize("pace", [0.5, 0.85, 0.97, 1.03, 1.2])
def test_short_sounds_keep_the_pace_together_where_none_could_alone(pace: float) -> None:
    planned = np.full(40, 3.0)  # of which each would last three at any of the middle paces

    assert scale_durations(planned, pace).sum() == pytest.approx(120 / pace, abs=0.5)
