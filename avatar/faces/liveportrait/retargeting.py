"""S, R_eyes and R_lip of the paper: small networks that move points so that lids and lips do what is asked."""

from itertools import pairwise
from typing import Any

from torch import Tensor, cat, nn

from avatar.faces.liveportrait.keypoints import KEYPOINTS

_COORDINATES = 3 * KEYPOINTS


class _Mlp(nn.Module):
    def __init__(self, *widths: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for narrow, wide in pairwise(widths):
            layers += [nn.Linear(narrow, wide), nn.ReLU()]
        self.mlp = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return self.mlp(x)  # type: ignore[no-any-return]


class StitchingRetargeting(nn.Module):
    """All three, under the names of the checkpoint: shoulders that stay, eyes, and mouth."""

    def __init__(self) -> None:
        super().__init__()
        self.retarget_shoulder = _Mlp(2 * _COORDINATES, 128, 128, 64, _COORDINATES + 2)
        self.retarget_mouth = _Mlp(_COORDINATES + 2, 128, 128, 64, _COORDINATES)
        self.retarget_eye = _Mlp(_COORDINATES + 3, 256, 256, 128, 128, 64, _COORDINATES)

    def stitch(self, source: Tensor, points: Tensor) -> Any:
        """Return *points* (n, 21, 3), moved so that neck and shoulders stay where those of *source* (1, 21, 3) are."""
        given = source.expand_as(points)
        made = self.retarget_shoulder(_concatenate(given, points))
        moved = points + made[:, :_COORDINATES].reshape(-1, KEYPOINTS, 3)
        moved[..., :2] += made[:, None, _COORDINATES:]
        return moved

    def lips(self, source: Tensor, open_: Tensor) -> Any:
        """Return the displacements (n, 21, 3) of the points *source* (1, 21, 3) for lips *open_* (n, 2).

        *open_* is how far they are open now, and how far they shall be.
        """
        return self.retarget_mouth(_concatenate(source.expand(len(open_), KEYPOINTS, 3), open_)).reshape(
            -1, KEYPOINTS, 3
        )

    def eyes(self, source: Tensor, open_: Tensor) -> Any:
        """Return the displacements (n, 21, 3) of the points *source* (1, 21, 3) for eyes *open_* (n, 3).

        *open_* is how far both are open now, one after the other, and how far both shall be.
        """
        return self.retarget_eye(_concatenate(source.expand(len(open_), KEYPOINTS, 3), open_)).reshape(-1, KEYPOINTS, 3)


def _concatenate(one: Tensor, other: Tensor) -> Tensor:
    return cat((one.flatten(1), other.flatten(1)), dim=1)
