"""The format of labelled mouth clips: what is written is read, and what is damaged is said."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from mouth_folders import make_clip, make_mouth_folder

from talkface.errors import InputError
from talkface.mouth_clips import ABOUT_FILE, CONTENT_FILE, ROWS_FILE, MouthClips, write_mouth_clips


def test_what_is_written_is_read(tmp_path):
    clips = [make_clip(0), make_clip(1, split="test", sound=False, deep=False)]
    read = MouthClips(write_mouth_clips(tmp_path / "mouths", clips, {"made": "here"}))
    assert read.about["made"] == "here" and [row.name for row in read.rows] == ["clip0", "clip1"]
    assert [(row.split, row.deep, row.frames, row.seen) for row in read.rows] == [
        ("train", True, 30, 29),
        ("test", False, 30, 29),
    ]
    assert read.rows[0].steps == clips[0].labels.mel.shape[1] and read.rows[1].steps == 0
    for number, clip in enumerate(clips):
        labels = read.labels(number)
        for name in ("known", "landmarks", "matrices"):
            np.testing.assert_array_equal(getattr(labels, name), getattr(clip.labels, name))
        np.testing.assert_allclose(labels.mel, clip.labels.mel, atol=2e-3)
        difference = read.crop(number, 5).astype(int) - clip.crops[5]
        assert read.crop(number, 5).shape == (180, 160, 3) and np.abs(difference).mean() < 3


def test_landmarks_lie_in_the_crop_where_its_map_puts_them(tmp_path):
    read = MouthClips(make_mouth_folder(tmp_path / "mouths", 1))
    places = read.labels(0).places[[0, 9]]
    eyes = places[:, [36, 45]]
    assert np.abs(np.linalg.norm(eyes[:, 0] - eyes[:, 1], axis=1) / 1.25 - 62).max() < 4
    assert np.isnan(read.labels(0).places[2]).all()
    with pytest.raises(ValueError, match="not known in frame 2"):
        read.crop(0, 2)


def test_a_reader_goes_to_other_processes(tmp_path):
    read = MouthClips(make_mouth_folder(tmp_path / "mouths", 2))
    before = read.crop(1, 0)
    again = pickle.loads(pickle.dumps(read))
    np.testing.assert_array_equal(again.crop(1, 0), before)


def test_an_unfinished_folder_is_refused(tmp_path):
    def breaks():
        yield make_clip(0)
        raise KeyboardInterrupt

    make_mouth_folder(tmp_path / "mouths", 1)
    with pytest.raises(KeyboardInterrupt):  # also over a folder that was complete
        write_mouth_clips(tmp_path / "mouths", breaks(), {})
    with pytest.raises(InputError, match="no labelled mouth clips"):
        MouthClips(tmp_path / "mouths")
    with pytest.raises(InputError, match="no labelled mouth clips"):
        MouthClips(tmp_path / "nowhere")


def test_damage_is_said(tmp_path):
    folder = make_mouth_folder(tmp_path / "mouths", 2)
    about, rows, content = (folder / name for name in (ABOUT_FILE, ROWS_FILE, CONTENT_FILE))
    texts = about.read_text(), rows.read_text(), content.read_bytes()
    read = MouthClips(folder)
    damaged = bytearray(texts[2])
    damaged[read.rows[1].start + read.rows[1].length // 2] ^= 0xFF
    content.write_bytes(damaged)
    hurt = MouthClips(folder)
    assert hurt.crop(0, 0).shape == (180, 160, 3)  # the other clip is whole
    with pytest.raises(InputError, match=r"damaged labelled mouth clip: .*clip1"):
        hurt.crop(1, 0)
    content.write_bytes(texts[2][:-10])
    with pytest.raises(InputError, match="damaged labelled mouth clips"):
        MouthClips(folder)
    content.write_bytes(texts[2])
    rows.write_text(texts[1].splitlines()[0] + "\n")
    with pytest.raises(InputError, match="damaged labelled mouth clips"):
        MouthClips(folder)
    rows.write_text("{}\n{}\n")
    with pytest.raises(InputError, match="damaged labelled mouth clips"):
        MouthClips(folder)
    rows.write_text(texts[1])
    about.write_text(json.dumps({**json.loads(texts[0]), "format_version": 9}))
    with pytest.raises(InputError, match="another format"):
        MouthClips(folder)


def test_arrays_of_other_lengths_are_not_written(tmp_path):
    clip = make_clip(0)
    short = replace(clip, labels=replace(clip.labels, matrices=clip.labels.matrices[:-1]))
    with pytest.raises(ValueError, match="matrices has shape"):
        write_mouth_clips(tmp_path / "mouths", [short], {})


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write here"):
        write_mouth_clips(tmp_path / "file", [], {})
