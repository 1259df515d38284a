"""Crops for the landmark network: points stay on their places, also in the mirror."""

import numpy as np
import pytest
from labels import drawn, make_labels

from talkface.data.face_crops import MIRRORED, SIDE, FaceCrops, distorted_crop, plain_crop
from talkface.data.face_module import FaceCropsDataModule
from talkface.data.labels import LabelledSet
from talkface.drawn.draw import Draw
from talkface.labelled import LabelledPicture


def test_the_mirror_of_the_mirror_is_the_face():
    order = np.array(MIRRORED)
    np.testing.assert_array_equal(order[order], np.arange(68))


def test_a_mirrored_frontal_face_keeps_its_order():
    """Left of the picture stays the first eye and mouth corner."""
    picture = next(drawn(number) for number in range(1, 16) if len(drawn(number).boxes) == 1)
    first = picture.landmarks[0]
    flipped = first.copy()
    flipped[:, 0] = picture.image.shape[1] - first[:, 0]
    ordered = flipped[list(MIRRORED)]
    for low, high in ((36, 45), (48, 54), (0, 16), (17, 26)):
        assert np.sign(ordered[low, 0] - ordered[high, 0]) == np.sign(first[low, 0] - first[high, 0])


def dotted() -> LabelledPicture:
    """A dark picture with a bright dot at each of 68 places."""
    image = np.zeros((240, 240, 3), np.uint8)
    x, y = np.meshgrid(np.linspace(60, 180, 17), [70, 100, 130, 160])
    points = np.stack([x.ravel(), y.ravel()], axis=1).round().astype(int)
    for column, row in points:
        image[row - 2 : row + 3, column - 2 : column + 3] = 255
    return LabelledPicture(image, np.array([[60, 40, 180, 160]], np.float32), points[None].astype(np.float32) + 0.5)


@pytest.mark.parametrize("number", range(6))
def test_points_stay_on_what_they_mark(number):
    crop, points = plain_crop(dotted(), 0) if number == 0 else distorted_crop(Draw(number, "test"), dotted(), 0)
    places = np.clip((points * SIDE).astype(int), 0, SIDE - 1)
    inside = ((points > 0) & (points < 1)).all(axis=1)
    gray = crop.astype(float).mean(axis=2)
    assert inside.mean() > 0.75
    assert gray[places[inside, 1], places[inside, 0]].mean() > gray.mean() + gray.std()


def test_batches_hold_faces_whose_points_are_known(tmp_path):
    data = FaceCropsDataModule(make_labels(tmp_path / "drawn", 12), batch=3, workers=0, validation_items=2)
    data.setup()
    data.batches = 1
    batch = next(iter(data.train_loader(first=0, rank=0, ranks=1)))
    assert batch.crop.shape == (3, 3, SIDE, SIDE) and batch.points.shape == (3, 68, 2)
    crops = FaceCrops(LabelledSet([tmp_path / "drawn"], "train", points=True))
    assert (crops[3][1] == crops[3][1]).all() and ((crops[3][1] > -0.3) & (crops[3][1] < 1.3)).all()
