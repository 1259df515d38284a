"""Landmark distance of the mouth (LMD) or the whole face: how far points are from where they should be."""

from typing import Literal

import torch
from torch import Tensor

MOUTH_OF_5 = (3, 4)
"""The two mouth corners among the five points of the detector."""

MOUTH_OF_68 = tuple(range(48, 68))
"""Outer and inner lips in iBUG order."""

Region = Literal["mouth", "face"]
"""Which points are compared: those of the mouth, or all."""


def region_points(points: Tensor, region: Region) -> Tensor:
    """(T, 5, 2) or (T, 68, 2) -> the points of a region: mouth (T, 2, 2) or (T, 20, 2), face all of them."""
    known = {5: MOUTH_OF_5, 68: MOUTH_OF_68}
    if points.ndim != 3 or points.shape[1] not in known or points.shape[2] != 2:
        raise ValueError(f"points must be (T, 5, 2) or (T, 68, 2), got {tuple(points.shape)}")
    return points if region == "face" else points[:, list(known[points.shape[1]])]


def landmark_distance(points: Tensor, reference: Tensor, *, centred: bool = False) -> Tensor:
    """Mean Euclidean distance of corresponding points, by frame: (T, P, 2), (T, P, 2) float pixels -> (T,) pixels.

    NaN in either input (no face found) gives NaN for that frame: the caller counts them.
    centred: each frame's points are first moved so that their mean is 0 (Chen et al. 2018 remove the head's place so).
    """
    if points.shape != reference.shape or points.ndim != 3 or points.shape[-1] != 2:
        raise ValueError(f"points must be two equal (T, P, 2), got {tuple(points.shape)}, {tuple(reference.shape)}")
    if centred:
        points, reference = (each - each.mean(1, keepdim=True) for each in (points, reference))
    distance: Tensor = torch.linalg.vector_norm(points - reference, dim=-1)
    return distance.mean(-1)


def eye_distance_error(points: Tensor, reference: Tensor, *, region: Region = "face") -> Tensor:
    """Mean distance of a region's points over the distance of the reference's eyes: (T, 68, 2) twice -> (T,).

    Source: the interocular normalisation of the 300-W benchmark (Sagonas et al. 2013), by the outer corners of the
    eyes. In profile that distance goes to 0 and the figure grows without bound: report medians.
    """
    between: Tensor = torch.linalg.vector_norm(reference[:, 36] - reference[:, 45], dim=-1)
    chosen = [region_points(each, region) for each in (points, reference)]
    return landmark_distance(*chosen) / between.clamp_min(torch.finfo(between.dtype).tiny)


def lmd(points: Tensor, reference: Tensor, *, region: Region = "mouth", centred: bool = False) -> tuple[float, float]:
    """LMD of one clip: (T, 5 | 68, 2) twice -> (mean distance of the region's points in pixels, share measured).

    The distance is over the frames in which both faces were found; NaN when there is none.
    """
    chosen = [region_points(each, region) for each in (points, reference)]
    distance = landmark_distance(*chosen, centred=centred)
    found = ~torch.isnan(distance)
    mean = float(distance[found].mean()) if bool(found.any()) else float("nan")
    return mean, float(found.double().mean())
