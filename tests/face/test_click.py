"""A click on a drawn face gives its box, wherever on the face it falls; beside every face it gives none."""

import numpy as np
import pytest
from face_scenes import drawn_shot

from talkface.errors import InputError
from talkface.face import BoxFollower, box_at, box_center, box_iou, box_size, build_landmarker


@pytest.fixture(scope="module")
def landmarker():
    return build_landmarker("small")


@pytest.mark.parametrize("seed", [3, 5, 8, 11])
@pytest.mark.parametrize("off", [(0.0, 0.0), (0.12, -0.12), (-0.1, 0.15)])
def test_a_click_finds_the_box(landmarker, seed, off):
    pictures, truth = drawn_shot(seed, count=1)
    at = box_center(truth[0]) + np.array(off) * box_size(truth[0])
    found = box_at(pictures[0].image, (float(at[0]), float(at[1])), landmarker)
    assert found.dtype == np.float32 and box_iou(found[None], truth[0][None])[0, 0] > 0.5


def test_a_clicked_face_is_followed(landmarker):
    pictures, truth = drawn_shot(5)
    x, y = box_center(truth[0])
    seen = list(BoxFollower(lambda image: box_at(image, (x, y), landmarker)).track(iter(pictures)))
    boxes = np.stack([faces[0].box for _, faces in seen])
    assert np.diagonal(box_iou(boxes, np.stack(truth))).min() > 0.4


class Elsewhere:
    """A landmarker that goes to the upper left corner whatever it is shown."""

    def find(self, image, box):
        return np.random.default_rng(0).uniform(0, 5, (68, 2)).astype(np.float32)

    def close(self):
        pass


class Blind(Elsewhere):
    def find(self, image, box):
        return None


@pytest.mark.parametrize("landmarker", [Elsewhere(), Blind()])
def test_no_face_at_the_click(landmarker):
    with pytest.raises(InputError, match=r"no face at the point: faces=\[60, 60\]"):
        box_at(np.zeros((100, 100, 3), np.uint8), (60, 60), landmarker)


def test_a_click_beside_the_picture():
    with pytest.raises(InputError, match=r"the point is not in the picture.*it is 40x30 pixels"):
        box_at(np.zeros((30, 40, 3), np.uint8), (40, 10), Elsewhere())
