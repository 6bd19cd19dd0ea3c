"""The 21 points of a head: where they are when it is turned, shifted, and does something with its face."""

from dataclasses import dataclass, replace
from typing import Any, Final

KEYPOINTS: Final = 21
ANGLE_BINS: Final = 66  # of an angle, 3 degrees each
_FIRST_BIN_DEGREES: Final = -97.5  # degrees: the middle of the first


@dataclass(frozen=True, eq=False)
class HeadKeypoints:
    """A head as the paper has it: *canonical* points (1, 21, 3), then their expression, turn, scale and shift.

    *degrees* (n, 3) are pitch (down), yaw (left in the picture) and roll (clockwise); *expression* (n, 21, 3); *scale*
    (n, 1); *shift* (n, 3), of which z is not used. Units: the picture reaches from -1 to 1; x right, y down, z away.
    """

    canonical: Any
    degrees: Any
    expression: Any
    scale: Any
    translation: Any

    @classmethod
    def from_motion(cls, read: dict[str, Any]) -> "HeadKeypoints":
        """Return the head that the motion extractor *read*: each value (n, outputs), by the names of the checkpoint."""
        import torch

        degrees = [decode_degrees(read[name]) for name in ("pitch", "yaw", "roll")]
        points, expression = (read[name].unflatten(1, (KEYPOINTS, 3)) for name in ("kp", "exp"))
        return cls(points, torch.stack(degrees, dim=1), expression, read["scale"], read["t"])

    def points(self) -> Any:
        """Return the keypoints (n, 21, 3) of the head, posed."""
        posed = self.canonical @ rotation_matrix(self.degrees).mT + self.expression
        moved = posed * self.scale[..., None]
        moved[..., :2] += self.translation[:, None, :2]
        return moved

    def displaced(self, degrees: Any, shift: Any, expression: Any) -> "HeadKeypoints":
        """Return this head with *degrees* (n, 3), *shift* (n, 2) and *expression* (n, 21, 3) added to its own."""
        from torch.nn import functional

        return replace(
            self,
            degrees=self.degrees + degrees,
            translation=self.translation + functional.pad(shift, (0, 1)),
            expression=self.expression + expression,
        )


def decode_degrees(logits: Any) -> Any:
    """Return the angles (n,) in degrees that *logits* (n, 66) of their bins mean."""
    import torch

    middles = 3 * torch.arange(ANGLE_BINS, device=logits.device) + _FIRST_BIN_DEGREES
    return logits.softmax(dim=1) @ middles


def rotation_matrix(degrees: Any) -> Any:
    """Return the rotations (n, 3, 3) by *degrees* (n, 3): pitch first, then yaw, then roll."""
    import torch

    (sx, sy, sz), (cx, cy, cz) = (part.unbind(dim=1) for part in (degrees.deg2rad().sin(), degrees.deg2rad().cos()))
    rows = (
        *(cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx),
        *(sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx),
        *(-sy, cy * sx, cy * cx),
    )
    return torch.stack(rows, dim=1).reshape(-1, 3, 3)
