"""Labelled pictures: what is written is read, incomplete folders are refused."""

import pickle

import numpy as np
import pytest
from labels import drawn, make_labels

from talkface.errors import InputError
from talkface.labelled import ABOUT_FILE, LabelledPicture, LabelledPictures, write_labelled


def test_pictures_come_back_with_their_faces(tmp_path):
    read = LabelledPictures(make_labels(tmp_path / "faces", 6))
    assert len(read) == 6 and read.numbers("val").tolist() == [0, 4]
    for number in (5, 0, 3):
        wanted, found = drawn(number), read[number]
        np.testing.assert_array_equal(found.boxes, wanted.boxes)
        np.testing.assert_array_equal(found.landmarks, wanted.landmarks)
        assert found.split == wanted.split and found.image.shape == wanted.image.shape
        assert np.abs(found.image.astype(int) - wanted.image).mean() < 6  # JPEG


def test_a_reader_travels_to_other_processes(tmp_path):
    read = LabelledPictures(make_labels(tmp_path / "faces", 3))
    first = read[1].image
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(read))[1].image, first)


def test_unknown_points_and_faceless_pictures_are_kept(tmp_path):
    image = np.full((40, 50, 3), 120, np.uint8)
    unknown = np.full((1, 68, 2), np.nan, np.float32)
    one = LabelledPicture(image, np.array([[5, 5, 20, 20]], np.float32), unknown)
    none = LabelledPicture(image, np.zeros((0, 4), np.float32), np.zeros((0, 68, 2), np.float32))
    read = LabelledPictures(write_labelled(tmp_path, [none, one, none], {}))
    assert [len(read[number].boxes) for number in range(3)] == [0, 1, 0]
    assert np.isnan(read[1].landmarks).all()


def test_an_unfinished_folder_is_refused(tmp_path):
    folder = make_labels(tmp_path / "faces", 2)
    (folder / ABOUT_FILE).unlink()
    with pytest.raises(InputError, match="no labelled pictures"):
        LabelledPictures(folder)


def test_another_format_is_refused(tmp_path):
    folder = make_labels(tmp_path / "faces", 2)
    text = (folder / ABOUT_FILE).read_text().replace('"format_version": 1', '"format_version": 9')
    (folder / ABOUT_FILE).write_text(text)
    with pytest.raises(InputError, match="another format"):
        LabelledPictures(folder)
