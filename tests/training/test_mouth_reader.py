"""The reader of drawn mouths: its items carry the truth of their frames; it learns and leaves weights that load."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from talkface.corpus import Corpus
from talkface.data.datasets import Sampling
from talkface.data.module import MouthDataModule
from talkface.data.mouths import MouthData
from talkface.data.truth import known_places, known_shapes, known_turns, mouth_shapes, seen_frames
from talkface.models.load import load_model
from talkface.models.mouth_reader import MouthReader
from talkface.preparation import Launcher, Plan, prepare
from talkface.preparation.drawing import DrawnSettings, list_drawn
from talkface.preparation.pack import pack
from talkface.training import fit as fitting
from talkface.training.mouth_reader import MouthReaderModule


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = DrawnSettings(seed=5, side=96, takes=1, speech="shipped", other_mouths=False)
    plan = Plan("drawn", "drawn", None, clips=list_drawn(4, settings))
    folder = prepare(
        plan, tmp_path_factory.mktemp("mouths") / "corpus", settings=settings, launcher=Launcher("local", 0)
    )
    pack(folder)
    return folder


def test_items_hold_the_truth_of_the_frames_they_show(corpus: Path) -> None:
    data = module(corpus)
    source = data.train_sources[0]
    shapes, seen = mouth_shapes(source), seen_frames(source)
    truth = Corpus(corpus).truth_of(source.clip.id)
    np.testing.assert_array_equal(shapes[seen], truth["mouth"][seen, 0])
    assert np.isnan(shapes[np.setdiff1d(np.arange(len(shapes)), seen)]).all()
    batch = MouthData([source], sampling=Sampling(4))[3]
    assert batch.mouth.shape == (4, 3, 48, 96)
    assert all((shapes[seen] == row.numpy()).all(axis=1).any() for row in batch.shape)


def test_shapes_are_unknown_where_a_clip_has_no_truth(corpus: Path, tmp_path: Path) -> None:
    source = module(corpus).train_sources[0]
    np.testing.assert_array_equal(known_shapes(source), mouth_shapes(source))
    assert known_turns(source).shape == (source.clip.frames, 3) and np.nanstd(known_turns(source)) > 0
    moved = replace(source, pack=SimpleNamespace(folder=tmp_path / "packed"))  # a pack that came without its corpus
    assert known_shapes(moved).shape == (source.clip.frames, 6) and np.isnan(known_shapes(moved)).all()
    assert known_turns(moved).shape == (source.clip.frames, 3) and np.isnan(known_turns(moved)).all()
    assert known_places(moved).shape == (source.clip.frames, 68, 2) and np.isnan(known_places(moved)).all()


def test_landmarks_lie_where_alignment_puts_them(corpus: Path) -> None:
    for source in module(corpus).train_sources:
        places = known_places(source)
        eyes = [np.nanmedian(places[:, eye].mean(axis=1), axis=0) for eye in (slice(36, 42), slice(42, 48))]
        found = [(eye + 1) * 224 / 2 - 0.5 for eye in eyes]  # in the crop of 224 that the networks see
        assert np.abs(found - np.array([(82.2, 68.7), (140.5, 68.7)])).max() < 40
        assert np.isnan(places[:, 48:]).all() and np.isnan(places[:, 8]).all()  # lips and chin say what mouths do


def test_the_reader_learns_and_leaves_its_weights(corpus: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    adam = partial(torch.optim.AdamW, lr=5e-3)
    made = MouthReaderModule(MouthReader(0.5), optimizer=adam, loss={"shape": 1.0})
    plan = fitting.Plan(25, validate_every=25, save_every=25, log_every=1)
    fitting.fit(made, module(corpus), plan, folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    losses = [row["train/shape"] for row in rows if "train/shape" in row]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    loaded = load_model(tmp_path / "mouth_reader.safetensors", "mouth_reader")
    assert loaded(torch.zeros(2, 3, 48, 96)).shape == (2, 6)


def module(corpus: Path) -> MouthDataModule:
    made = MouthDataModule(corpus, batch=2, workers=0, validation_items=2, sampling=Sampling(8))
    made.setup()
    return made
