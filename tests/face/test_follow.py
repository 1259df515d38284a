"""A box given by hand is carried along: on drawn clips with truth, through growth, to the cut and no further."""

import cv2
import numpy as np
import pytest
from face_scenes import Picture, drawn_shot

from talkface.errors import InputError
from talkface.face import BoxFollower, box_iou


def followed(pictures, box):
    seen = list(BoxFollower(box).track(iter(pictures)))
    assert [frame.index for frame, _ in seen] == [picture.index for picture in pictures]
    return [faces[0].box if faces else None for _, faces in seen]


@pytest.mark.parametrize("seed", [3, 5, 8, 11])
def test_a_drawn_face_is_followed_through_its_shot(seed):
    pictures, truth = drawn_shot(seed)
    boxes = followed(pictures, truth[0])
    overlap = [
        0.0 if box is None else float(box_iou(box[None], true[None])[0, 0])
        for box, true in zip(boxes, truth, strict=True)
    ]
    assert np.mean(overlap) > 0.75 and min(overlap) > 0.5


def moving(count, *, step=3.0, growth=1.0):
    """A textured patch that moves and grows over a plain ground; pictures and its boxes."""
    patch = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    pictures, boxes = [], []
    for number in range(count):
        side, left = 24 * growth**number, 20 + step * number
        image = np.full((120, 200, 3), 90, np.uint8)
        matrix = np.array([[side / 8, 0, left], [0, side / 8, 40]], np.float64)
        cv2.warpAffine(patch, matrix, (200, 120), dst=image, borderMode=cv2.BORDER_TRANSPARENT)
        pictures.append(Picture(number, image))
        boxes.append([left, 40, left + side, 40 + side])
    return pictures, np.array(boxes, np.float32)


@pytest.mark.parametrize("growth", [1.0, 1.02])
def test_motion_and_growth_are_measured(growth):
    pictures, truth = moving(20, growth=growth)
    boxes = np.stack(followed(pictures, truth[0]))
    np.testing.assert_allclose(boxes, truth, atol=2.5)


def test_a_face_that_is_covered_is_absent_and_found_again():
    pictures, truth = moving(20, step=0.0)
    for number in (8, 9, 10):
        pictures[number].image[:, 10:60] = 90
    boxes = followed(pictures, truth[0])
    assert [number for number, box in enumerate(boxes) if box is None] == [8, 9, 10]
    np.testing.assert_allclose(boxes[19], truth[19], atol=1.5)


def test_nothing_is_followed_across_a_cut():
    pictures, truth = moving(16)
    after = [Picture(8 + number, 255 - picture.image) for number, picture in enumerate(pictures[8:])]
    boxes = followed([*pictures[:8], *after], truth[0])
    assert all(box is not None for box in boxes[:8]) and all(box is None for box in boxes[8:])


def test_a_box_must_be_one():
    with pytest.raises(InputError, match="not a box"):
        BoxFollower((5, 5, 5, 9))
