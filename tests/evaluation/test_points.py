"""Points of faces are looked for in whole pictures, and come back in pixels of the crops."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from talkface.evaluation.cache import FeatureCache
from talkface.evaluation.clips import ByteArray, Clip, FloatArray, Scene
from talkface.evaluation.points import VIEW, in_crops, middle_one, point_finder, square_around, views_of
from talkface.face import Detection, build_detector
from talkface.face.box import WAV2LIP_MARGIN, Margin, expand_box
from talkface.face.crop import crop_face
from talkface.media import decode_video

DEMO = Path(__file__).parents[2].parent / "shared" / "data" / "speech_grid"
PLACE = np.float32([70, 90])
"""Where the only bright pixel of the pictures below is."""


def spot(size: int = 160) -> Scene:
    """A bright spot 4 pixels wide at PLACE, in three pictures whose faces have boxes of their own."""
    picture = np.zeros((size, size, 3), np.uint8)
    x, y = PLACE.astype(int)
    picture[y - 2 : y + 2, x - 2 : x + 2] = 255
    boxes = np.float32([[50, 50, 90, 130], [40, 60, 90, 120], [-10, 20, 100, 110]])
    return Scene(lambda: iter([picture] * 3), boxes, "spot")


def brightest(views: Sequence[ByteArray]) -> list[FloatArray | None]:
    """The middle of what is bright, as a face's only point."""
    found = []
    for view in views:
        row, column = np.nonzero(view[..., 0] > 127)
        found.append(np.float32([[column.mean() + 0.5, row.mean() + 0.5]]) if len(row) else None)
    return found


def test_points_return_to_the_pixels_of_each_crop() -> None:
    scene = spot()
    points = in_crops(brightest, 1, "spot", FeatureCache())(scene, 3, 1)
    for found, box, picture in zip(points, scene.boxes, scene.frames(), strict=True):
        crop = crop_face(picture, expand_box(box, WAV2LIP_MARGIN), (96, 96))
        assert brightest([crop]) == [pytest.approx(found, abs=0.6)]
    black = Scene(lambda: iter([np.zeros((99, 99, 3), np.uint8)] * 20), np.tile(np.float32([9, 9, 60, 60]), (20, 1)))
    assert np.isnan(in_crops(brightest, 1, "spot", FeatureCache())(black, 20, 3)).all()


def test_a_scene_is_searched_once_and_every_so_manyth_picture_is_seen() -> None:
    asked: list[int] = []

    def counting(views: Sequence[ByteArray]) -> list[FloatArray | None]:
        asked.append(len(views))
        return brightest(views)

    find = in_crops(counting, 1, "spot", FeatureCache())
    assert find(spot(), 3, 2).shape == (2, 1, 2)
    np.testing.assert_array_equal(find(spot(), 3, 2), find(spot(), 3, 2))
    assert asked == [2]
    assert find(spot(), 2, 1).shape == (2, 1, 2) and asked == [2, 2]


def test_a_view_shows_the_face_with_room(clip: Clip) -> None:
    view, box = next(views_of(clip.scene, 30, 1))
    assert view.shape == (VIEW, VIEW, 3)
    np.testing.assert_array_equal(square_around(box), [-32, -32, 160, 160])
    np.testing.assert_array_equal(square_around(np.float32([0, 0, 10, 20])), [-15, -10, 25, 30])


def test_the_face_in_the_middle_counts_not_the_largest() -> None:
    marks = np.zeros((5, 2), np.float32)
    beside = Detection(np.float32([0, 0, 90, 192]), 1.0, marks)
    wanted = Detection(np.float32([60, 60, 130, 130]), 0.9, marks)
    bare = Detection(np.float32([90, 90, 102, 102]), 0.9, None)
    assert middle_one([beside, bare, wanted]) is wanted
    assert middle_one([bare]) is None


@pytest.mark.skipif(not DEMO.exists(), reason="the folder of real clips is not here")
def test_the_crop_s_tightness_does_not_move_the_points() -> None:
    """A real face of 128 pixels: the same points whether the box ends at the chin or an eighth further out."""
    picture = next(iter(decode_video(sorted(DEMO.glob("grid_s2_*.mpg"))[0]))).image
    find = point_finder("mtcnn", "cpu", FeatureCache())
    box = build_detector("mtcnn").detect([picture])[0][0].box
    wide = expand_box(box, Margin(0.1, 0.1, 0.1, 0.1))
    places = []
    for each in (box, wide):
        crop = expand_box(each, WAV2LIP_MARGIN)
        points = find(Scene(lambda: iter([picture]), each[None]), 1, 1)[0]
        places.append(crop[:2] + points * ((crop[2:] - crop[:2]) / 96))
    assert np.abs(places[0] - places[1]).max() < 0.05 * float(box[3] - box[1])
