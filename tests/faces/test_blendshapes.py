import numpy as np
import pytest

from avatar.faces.geometry.blendshapes import INDEX, NAMES, basis, coefficients, neutral


def test_a_name_without_its_side_sets_both() -> None:
    values = coefficients(mouthSmile=0.5, jawOpen=0.2)

    assert values[INDEX["mouthSmileLeft"]] == values[INDEX["mouthSmileRight"]] == np.float32(0.5)
    assert np.count_nonzero(values) == 3


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        coefficients(mouthSmirk=1.0)


def test_left_moves_the_right_of_the_picture() -> None:
    moved = np.linalg.norm(basis()[INDEX["mouthSmileLeft"]], axis=1)

    assert moved[291] > 0.1 > moved[61]


def test_no_inner_lip_point_lags_behind_the_lip_it_belongs_to() -> None:
    jaw, raised = basis()[INDEX["jawOpen"]], basis()[INDEX["mouthUpperUpLeft"]]

    assert jaw[14, 1] > 0.3
    assert abs(jaw[13, 1]) < 0.05
    assert raised[312, 1] < -0.02  # a throat vertex, as in the raw transfer, would not rise with the lip


def test_the_basis_is_symmetric() -> None:
    left, right = basis()[INDEX["mouthStretchLeft"]], basis()[INDEX["mouthStretchRight"]]

    assert left[291] == pytest.approx(right[61] * (-1, 1, 1), abs=1e-3)
    assert neutral()[33] == pytest.approx(neutral()[263] * (-1, 1, 1), abs=1e-3)
    assert basis().shape == (len(NAMES), 468, 3)
