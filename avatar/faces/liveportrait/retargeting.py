"""S, R_eyes and R_lip of the paper: small networks that move points so that lids and lips do what is asked."""

from itertools import pairwise
from typing import Any

from torch import Tensor, cat, nn

from avatar.faces.liveportrait.keypoints import POINTS

_ALL = 3 * POINTS


class _Dense(nn.Module):
    def __init__(self, *widths: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for narrow, wide in pairwise(widths):
            layers += [nn.Linear(narrow, wide), nn.ReLU()]
        self.mlp = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return self.mlp(x)  # type: ignore[no-any-return]


class Retargeting(nn.Module):
    """All three, under the names of the checkpoint: shoulders that stay, eyes, and mouth."""

    def __init__(self) -> None:
        super().__init__()
        self.retarget_shoulder = _Dense(2 * _ALL, 128, 128, 64, _ALL + 2)
        self.retarget_mouth = _Dense(_ALL + 2, 128, 128, 64, _ALL)
        self.retarget_eye = _Dense(_ALL + 3, 256, 256, 128, 128, 64, _ALL)

    def stitched(self, source: Tensor, points: Tensor) -> Any:
        """Return *points* (n, 21, 3), moved so that neck and shoulders stay where those of *source* (1, 21, 3) are."""
        given = source.expand_as(points)
        made = self.retarget_shoulder(_flat(given, points))
        moved = points + made[:, :_ALL].reshape(-1, POINTS, 3)
        moved[..., :2] += made[:, None, _ALL:]
        return moved

    def lips(self, source: Tensor, open_: Tensor) -> Any:
        """Return how to move points (n, 21, 3) for lips *open_* (n, 2): as they are in *source*, and as they shall."""
        return self.retarget_mouth(_flat(source.expand(len(open_), POINTS, 3), open_)).reshape(-1, POINTS, 3)

    def eyes(self, source: Tensor, open_: Tensor) -> Any:
        """Return how to move points (n, 21, 3) for eyes *open_* (n, 3): both as they are, and as both shall be."""
        return self.retarget_eye(_flat(source.expand(len(open_), POINTS, 3), open_)).reshape(-1, POINTS, 3)


def _flat(one: Tensor, other: Tensor) -> Tensor:
    return cat((one.flatten(1), other.flatten(1)), dim=1)
