"""Pictures for the detector: boxes stay on their faces, target maps say what boxes say."""

import numpy as np
import torch

from talkface.data.drawn_faces import SIDE, DrawnFaces, FacePicture, distort, join_faces, target_maps
from talkface.data.module import DrawnFacesDataModule
from talkface.drawn.draw import Draw
from talkface.models.face_detector import FaceMaps, decode_faces


def test_items_are_the_same_for_the_same_number_and_differ_between_splits():
    first, again, other = DrawnFaces("train")[5], DrawnFaces("train")[5], DrawnFaces("val")[5]
    assert (first[0] == again[0]).all() and (first[1] == again[1]).all()
    assert first[0].shape == (SIDE, SIDE, 3) and first[0].dtype == np.uint8
    assert (first[0] != other[0]).any()


def test_faces_of_all_sizes_and_pictures_without_any():
    boxes = [DrawnFaces("train")[number][1] for number in range(40)]
    widths = np.concatenate([one[:, 2] - one[:, 0] for one in boxes])
    assert widths.min() < 30 and widths.max() > 90
    assert 1 <= sum(len(one) == 0 for one in boxes) <= 14
    assert any(len(one) > 1 for one in boxes)


def test_a_box_moves_with_what_is_in_it():
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:120, 100:150] = (0, 255, 0)
    scene = FacePicture(image, np.array([[100, 60, 150, 120]], np.float32))
    shares = []
    for number in range(30):
        picture, boxes = distort(Draw(number, "test"), scene)
        for left, top, right, bottom in np.clip(boxes, 0, SIDE).round().astype(int):
            middle = picture[(top + bottom) // 2, (left + right) // 2].astype(int)
            shares.append(middle.max() - middle.min() > 25 or picture.std(axis=2).max() < 1)
    assert len(shares) >= 20 and np.mean(shares) > 0.8


def test_target_maps_decode_to_the_boxes():
    boxes = np.array([[20, 30, 60, 90], [110, 100, 125, 118]], np.float32)
    heat, sides, _ = (torch.from_numpy(one)[None] for one in target_maps(boxes))
    ((found, _),) = decode_faces(FaceMaps(torch.where(heat >= 1, 20.0, -20.0), sides))
    np.testing.assert_allclose(sorted(found.tolist()), sorted(boxes.tolist()), atol=1e-3)


def test_no_box_no_target():
    heat, _, weight = target_maps(np.zeros((0, 4), np.float32))
    assert heat.max() == 0 and weight.max() == 0


def test_batches_have_maps_and_the_module_needs_no_corpus():
    data = DrawnFacesDataModule(None, batch=2, workers=0, validation_items=3)
    data.setup()
    data.batches = 1
    batch = next(iter(data.train_loader(first=0, rank=0, ranks=1)))
    assert batch.picture.shape == (2, 3, SIDE, SIDE) and batch.heat.shape == (2, 1, 48, 48)
    assert len(data.validation_set()) == 3
    assert join_faces([DrawnFaces("train")[0]]).sides.shape == (1, 4, 48, 48)
