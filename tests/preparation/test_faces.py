"""Labelled pictures: drawn ones, frames of a drawn corpus, boxes from a table; what cannot be labelled is said."""

from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from talkface.drawn.cartoon import draw_moment
from talkface.errors import InputError
from talkface.labelled import LabelledPictures
from talkface.media import VideoWriter
from talkface.preparation.actions import run_action
from talkface.preparation.faces import draw_labelled, is_of_box, label_corpus, label_table

CONFIGS = Path(__file__).parents[2] / "configs"


def act(*overrides: str) -> None:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = compose("preprocess", overrides=list(overrides))
    config.corpus = config.get("corpus") or "none"
    run_action(OmegaConf.to_container(config, resolve=True), lambda _: pytest.fail("no measure is needed"))


def test_drawn_pictures_are_the_same_whatever_the_count():
    few, many = list(draw_labelled(2, 7)), list(draw_labelled(3, 7))
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.boxes, other.boxes)
    assert [picture.split for picture in many] == ["val", "train", "train"]
    with pytest.raises(InputError, match="clips=0"):
        list(draw_labelled(0, 7))


def test_the_command_draws_into_a_folder(tmp_path):
    act("action=draw_faces", "clips=3", "seed=7", f"out={tmp_path}/faces", "source=none")
    read = LabelledPictures(tmp_path / "faces")
    assert len(read) == 3 and read.about["made"] == {"action": "draw_faces", "clips": 3, "seed": 7}
    np.testing.assert_allclose(read[2].landmarks, draw_moment(2, 7)[2])


def test_frames_of_a_drawn_corpus_bring_their_truth(tmp_path):
    from talkface.preparation.drawing import DrawnSettings, draw_clips, list_drawn

    settings = DrawnSettings(side=96, speech="shipped", other_mouths=False)
    clip = list_drawn(1, settings)[0]
    rows = draw_clips(clip, settings, tmp_path / "clips")
    from talkface.corpus import corpus_text, manifest_text

    (tmp_path / "corpus.json").write_text(corpus_text({"name": "drawn"}))
    (tmp_path / "manifest.jsonl").write_text(manifest_text(rows))
    pictures = list(label_corpus(tmp_path, frames=2, landmarks="five"))
    truth = np.load(tmp_path / "clips" / clip.id / "truth.npz")
    assert len(pictures) == 2 and pictures[0].image.shape[:2] == (rows[0].height, rows[0].width)
    places = [
        np.flatnonzero(np.isclose(truth["landmarks"][:, :, 8], p.landmarks[0, 8]).all(axis=(1, 2))) for p in pictures
    ]
    assert all(len(found) for found in places)
    with pytest.raises(InputError, match=r"label\.frames"):
        list(label_corpus(tmp_path, frames=0, landmarks="five"))


def clip_of(path: Path, count: int = 4) -> None:
    with VideoWriter(path, width=80, height=60, fps=25) as writer:
        for number in range(count):
            writer.write(np.full((60, 80, 3), 40 * number, np.uint8))


def test_a_table_of_boxes_becomes_labels(tmp_path):
    clip_of(tmp_path / "a.mp4")
    table = tmp_path / "boxes.tsv"
    rows = ["a.mp4\t2\ttrain\t10\t10\t30\t40", "a.mp4\t2\ttrain\t50\t10\t70\t40", "a.mp4\t3\ttest\t1\t1\t9\t9"]
    table.write_text("path\tframe\tsplit\tleft\ttop\tright\tbottom\n" + "\n".join(rows) + "\n")
    (picture,) = label_table(table, tmp_path, side=40)
    assert picture.image.shape == (30, 40, 3) and abs(int(picture.image.mean()) - 80) < 8
    np.testing.assert_allclose(picture.boxes, [[5, 5, 15, 20], [25, 5, 35, 20]])
    assert np.isnan(picture.landmarks).all()
    table.write_text("path\tframe\na.mp4\t2\n")
    with pytest.raises(InputError, match="not a table of boxes"):
        list(label_table(table, tmp_path))


def test_landmarks_of_another_face_are_not_taken():
    box = np.array([10, 10, 50, 60], np.float32)
    grid = np.stack(np.meshgrid(np.linspace(12, 48, 17), np.linspace(20, 58, 4)), axis=-1).reshape(-1, 2)
    assert is_of_box(grid.astype(np.float32), box)
    assert not is_of_box(grid.astype(np.float32) + 30, box)
    assert not is_of_box((grid * 0.3 + 20).astype(np.float32), box)


def test_what_cannot_be_labelled_is_said(tmp_path):
    with pytest.raises(InputError, match="manifest= is missing"):
        act("action=label_table", f"out={tmp_path}/x", f"source={tmp_path}")
    with pytest.raises(InputError, match="no such action"):
        act("action=label", f"out={tmp_path}/x", "source=none")
