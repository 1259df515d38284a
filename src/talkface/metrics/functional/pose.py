"""Head angles from five points of a face, without a camera: the closest turned and scaled head, seen from far away.

Source: scaled orthography after DeMenthon & Davis 1995, in the least-squares form; the rotation nearest to the linear
solution by singular values. The head is an average one: angles are for comparing two clips, not for measuring one.
"""

import torch
from torch import Tensor

HEAD = (
    (-31.5, -35.0, -4.0),
    (31.5, -35.0, -4.0),
    (0.0, 0.0, 24.0),
    (-25.0, 30.0, 0.0),
    (25.0, 30.0, 0.0),
)
"""Average adult, mm: eyes 63 apart, mouth 50 wide; x to the picture's right, y down, z towards the camera."""
EYES_OF_68 = (range(36, 42), range(42, 48))
SINGLES_OF_68 = (30, 48, 54)  # nose tip, mouth corners


def five_points(points: Tensor) -> Tensor:
    """(T, 68, 2) iBUG points → (T, 5, 2): eyes (mean of six points each), nose tip, mouth corners; (T, 5, 2) as is."""
    if points.ndim != 3 or points.shape[1:] not in ((5, 2), (68, 2)):
        raise ValueError(f"points must be (T, 5, 2) or (T, 68, 2), got {tuple(points.shape)}")
    if points.shape[1] == 5:
        return points
    eyes = [points[:, list(eye)].mean(1) for eye in EYES_OF_68]
    return torch.stack([*eyes, *(points[:, single] for single in SINGLES_OF_68)], dim=1)


def head_angles(points: Tensor) -> Tensor:
    """Yaw, pitch, roll in degrees: (T, 5 | 68, 2) pixels of a picture that is not stretched → (T, 3); NaN stays NaN.

    Yaw > 0: the nose to the picture's right. Pitch > 0: the nose down. Roll > 0: the head tilted clockwise. The head
    is rolled first, then pitched, then turned: yaw and pitch are the direction of the nose.
    """
    seen = five_points(points).double()
    head = torch.tensor(HEAD, dtype=torch.float64, device=seen.device)
    head = head - head.mean(0)
    centred = seen - seen.mean(1, keepdim=True)
    affine = (torch.linalg.pinv(head) @ centred.nan_to_num()).transpose(1, 2)  # (T, 2, 3): head → picture
    left, _, right = torch.linalg.svd(affine, full_matrices=False)
    first, second = (left @ right).unbind(1)
    third = torch.linalg.cross(first, second)
    yaw = torch.atan2(first[:, 2], third[:, 2])
    pitch = torch.asin(second[:, 2].clamp(-1, 1))
    roll = torch.atan2(second[:, 0], second[:, 1])
    angles = torch.rad2deg(torch.stack([yaw, pitch, roll], dim=1))
    return torch.where(seen.isnan().any(-1).any(-1, keepdim=True), torch.nan, angles)
