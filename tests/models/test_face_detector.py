"""The detector's network: maps, boxes, peaks."""

import numpy as np
import pytest
import torch

from talkface.models.face_detector import (
    FaceDetectorNetwork,
    FaceMaps,
    boxes_of,
    decode_faces,
    pad_pictures,
    pair_iou,
)
from talkface.models.kinds import build_model


def test_maps_have_a_cell_for_eight_pixels_and_few_faces_at_first():
    torch.manual_seed(0)
    network = FaceDetectorNetwork(width=0.5).eval()
    maps = network(torch.rand(2, 3, 64, 96))
    assert maps.logits.shape == (2, 1, 8, 12) and maps.sides.shape == (2, 4, 8, 12)
    assert (maps.sides > 0).all()
    assert maps.logits.sigmoid().mean() < 0.1


def test_size_is_below_two_megabytes():
    network = build_model("face_detector")
    assert 4 * sum(tensor.numel() for tensor in network.state_dict().values()) < 2 * 2**20


def test_pictures_are_padded_below_and_to_the_right():
    padded = pad_pictures(torch.ones(1, 3, 50, 64))
    assert padded.shape == (1, 3, 64, 64)
    assert padded[:, :, :50].min() == 1 and padded[:, :, 50:].max() == 0
    assert pad_pictures(torch.ones(1, 3, 32, 64)).shape == (1, 3, 32, 64)


def maps_with(*cells: tuple[int, int, float]) -> FaceMaps:
    """(row, column, logit) in a map of 16 x 16 cells; every side lies 20 pixels away."""
    logits = torch.full((1, 1, 16, 16), -20.0)
    for row, column, logit in cells:
        logits[0, 0, row, column] = logit
    return FaceMaps(logits, torch.full((1, 4, 16, 16), 20.0))


def test_peaks_become_boxes_the_surest_first():
    ((boxes, confidence),) = decode_faces(maps_with((2, 3, 1.0), (10, 12, 4.0), (10, 11, 3.0), (14, 1, -3.0)))
    assert boxes.tolist() == [[80.0, 64.0, 120.0, 104.0], [8.0, 0.0, 48.0, 40.0]]
    np.testing.assert_allclose(confidence, torch.tensor([4.0, 1.0]).sigmoid())


def test_of_two_boxes_in_one_place_the_surer_stays():
    cells = (5, 5, 2.0), (5, 7, 3.0)
    assert len(decode_faces(maps_with(*cells))[0][0]) == 1
    assert len(decode_faces(maps_with(*cells), overlap=0.9)[0][0]) == 2
    assert len(decode_faces(maps_with())[0][0]) == 0


def test_sides_are_measured_from_the_middle_of_a_cell():
    sides = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1).expand(1, 4, 2, 2)
    assert boxes_of(sides)[0, :, 1, 0].tolist() == [3.0, 10.0, 7.0, 16.0]


def test_iou():
    first, second = torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([1.0, 0.0, 3.0, 2.0])
    assert float(pair_iou(first, second)) == pytest.approx(1 / 3)
    assert float(pair_iou(first, second + 5)) == 0
