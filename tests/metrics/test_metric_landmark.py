"""LMD by hand."""

import math

import pytest
import torch

from talkface.metrics.functional.landmark import landmark_distance, lmd, region_points


def test_distance_counts_the_mouth_only() -> None:
    reference = torch.zeros(4, 5, 2)
    points = reference.clone()
    points[:, 0] += 100  # an eye
    points[:, 3, 0] += 3
    points[:, 3, 1] += 4
    assert lmd(points, reference) == (pytest.approx(2.5), 1.0)
    assert lmd(points, reference, region="face") == (pytest.approx((100 * math.sqrt(2) + 5) / 5), 1.0)


def test_frames_without_a_face_are_counted_not_averaged() -> None:
    reference = torch.zeros(4, 68, 2)
    points = reference + 1
    points[1] = torch.nan
    value, share = lmd(points, reference)
    assert (value, share) == (pytest.approx(math.sqrt(2)), 0.75)
    assert math.isnan(lmd(points * torch.nan, reference)[0])


def test_centred_ignores_a_shift_of_the_whole_mouth() -> None:
    reference = torch.rand(3, 20, 2, generator=torch.Generator().manual_seed(0))
    moved = reference + torch.tensor([5.0, -2.0])
    torch.testing.assert_close(landmark_distance(moved, reference), torch.full((3,), math.sqrt(29.0)))
    assert float(landmark_distance(moved, reference, centred=True).max()) < 1e-5


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="68"):
        region_points(torch.zeros(2, 7, 2), "face")
    with pytest.raises(ValueError, match="equal"):
        landmark_distance(torch.zeros(2, 5, 2), torch.zeros(3, 5, 2))
