"""Pictures for the detector: boxes stay on their faces, target maps say what boxes say, strips hold no face."""

import numpy as np
import pytest
import torch
from labels import drawn, make_labels

from talkface.data.face_module import FaceScenesDataModule
from talkface.data.face_scenes import SIDE, FaceScenes, distort, faceless_part, join_faces, target_maps
from talkface.data.labels import LabelledSet
from talkface.drawn.draw import Draw
from talkface.errors import InputError
from talkface.face import box_iou
from talkface.labelled import LabelledPicture, LabelledPictures
from talkface.models.face_detector import FaceMaps, decode_faces


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_labels(tmp_path_factory.mktemp("labels") / "drawn", 16)


def test_items_are_the_same_for_the_same_number_and_differ_between_splits(folder):
    train, val = (FaceScenes(LabelledSet([folder], split)) for split in ("train", "val"))
    assert (train[5][0] == train[5][0]).all() and (train[5][1] == train[5][1]).all()
    assert train[5][0].shape == (SIDE, SIDE, 3) and train[5][0].dtype == np.uint8
    assert (train[5][0] != val[5][0]).any()


def test_faces_of_all_sizes(folder):
    scenes = FaceScenes(LabelledSet([folder], "train"))
    boxes = np.concatenate([scenes[number][1] for number in range(40)])
    widths = boxes[:, 2] - boxes[:, 0]
    assert widths.min() < 20 and widths.max() > 75


def test_a_box_moves_with_what_is_in_it():
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:120, 100:150] = (0, 255, 0)
    scene = LabelledPicture(image, np.array([[100, 60, 150, 120]], np.float32), np.zeros((1, 68, 2), np.float32))
    told = []
    for number in range(30):
        picture, boxes = distort(Draw(number, "test"), scene, np.zeros((SIDE, SIDE, 3), np.uint8))
        for left, top, right, bottom in np.clip(boxes, 0, SIDE).round().astype(int):
            middle = picture[(top + bottom) // 2, (left + right) // 2].astype(int)
            told.append(middle.max() - middle.min() > 25 or picture.std(axis=2).max() < 1)
    assert len(told) >= 20 and np.mean(told) > 0.8


def test_a_strip_beside_the_faces_holds_none_of_them():
    for number in range(16):
        picture = drawn(number)
        strip = faceless_part(picture)
        if strip is None or not len(picture.boxes):
            continue
        start = (strip.__array_interface__["data"][0] - picture.image.__array_interface__["data"][0]) // 3
        row, column = divmod(start, picture.image.shape[1])
        box = np.array([column, row, column + strip.shape[1], row + strip.shape[0]], np.float32)
        assert box_iou(box[None], np.floor(picture.boxes)).max() < 0.01


def test_target_maps_decode_to_the_boxes():
    boxes = np.array([[20, 30, 60, 90], [90, 80, 105, 98]], np.float32)
    heat, sides, _ = (torch.from_numpy(one)[None] for one in target_maps(boxes))
    ((found, _),) = decode_faces(FaceMaps(torch.where(heat >= 1, 20.0, -20.0), sides))
    np.testing.assert_allclose(sorted(found.tolist()), sorted(boxes.tolist()), atol=1e-3)


def test_no_box_no_target():
    heat, _, weight = target_maps(np.zeros((0, 4), np.float32))
    assert heat.max() == 0 and weight.max() == 0


def test_batches_have_maps(folder):
    data = FaceScenesDataModule([folder], batch=2, workers=0, validation_items=3)
    data.setup()
    data.batches = 1
    batch = next(iter(data.train_loader(first=0, rank=0, ranks=1)))
    cells = SIDE // 8
    assert batch.picture.shape == (2, 3, SIDE, SIDE) and batch.heat.shape == (2, 1, cells, cells)
    assert len(data.validation_set()) == 3 and list(data.fingerprints()) == ["drawn"]
    assert join_faces([data.train_set()[0]]).sides.shape == (1, 4, cells, cells)


def test_small_folders_are_not_lost_beside_large_ones(folder, tmp_path, monkeypatch):
    little = make_labels(tmp_path / "little", 3)
    labelled = LabelledSet([folder, little], "train")
    assert len(labelled) == 12 + 2
    monkeypatch.setattr(LabelledPictures, "__getitem__", lambda folder, number: folder.folder.name)
    share = np.mean([labelled.draw(Draw(number, "share")) == "little" for number in range(400)])
    assert share == pytest.approx(2**0.5 / (12**0.5 + 2**0.5), abs=0.08)


def test_what_is_missing_is_said(folder):
    with pytest.raises(InputError, match="no labelled pictures given"):
        FaceScenesDataModule(None, batch=2).setup()
    with pytest.raises(InputError, match="split 'test'"):
        LabelledSet([folder], "test")
