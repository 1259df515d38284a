"""The landmark network: it starts at the usual face, places are means of maps, it is small."""

import torch

from talkface.models.face_landmarks import CROP_SIDE, FaceLandmarkNetwork, mean_places, usual_maps
from talkface.models.kinds import build_model


def test_it_starts_near_the_usual_face_in_ibug_order():
    torch.manual_seed(0)
    points = FaceLandmarkNetwork(0.5).eval()(torch.rand(2, 3, CROP_SIDE, CROP_SIDE)).detach()
    assert points.shape == (2, 68, 2)
    parts = (slice(36, 42), slice(42, 48), [8], slice(48, 68))
    left_eye, right_eye, chin, mouth = (points[0, part].mean(0) for part in parts)
    assert left_eye[0] < 0.5 < right_eye[0] and left_eye[1] < mouth[1] < chin[1]


def test_a_sharp_peak_is_its_own_mean():
    maps = torch.full((1, 2, 10, 20), -50.0)
    maps[0, 0, 3, 7], maps[0, 1, 9, 0] = 50.0, 50.0
    expected = torch.tensor([[[7.5 / 20, 3.5 / 10], [0.5 / 20, 9.5 / 10]]])
    torch.testing.assert_close(mean_places(maps), expected)


def test_usual_maps_peak_where_the_points_usually_are():
    maps = usual_maps(FaceLandmarkNetwork.usual_places(), (20, 20))
    rows, columns = (maps[8].argmax() // 20).item(), (maps[8].argmax() % 20).item()
    assert (rows, columns) in {(17, 9), (17, 10)}  # the chin: 50 % across, 88 % down


def test_size_is_below_a_megabyte_in_half_precision():
    network = build_model("face_landmarks")
    assert 2 * sum(tensor.numel() for tensor in network.state_dict().values()) < 2**20
