"""A landmark network of toy size learns, and leaves weights that load."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from labels import make_labels

from talkface.data.face_module import FaceCropsDataModule
from talkface.models.face_landmarks import FaceLandmarkNetwork
from talkface.models.load import load_model
from talkface.training.fit import Plan, fit
from talkface.training.landmarks import LandmarkModule


def test_landmarks_learn_and_leave_their_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    adam = partial(torch.optim.AdamW, lr=1e-2)
    module = LandmarkModule(FaceLandmarkNetwork(0.25), optimizer=adam, loss={"points": 1.0, "mouth": 0.5})
    data = FaceCropsDataModule(make_labels(tmp_path / "labels", 10), batch=4, workers=0, validation_items=4)
    data.setup()
    fit(module, data, Plan(16, validate_every=16, save_every=16, log_every=1), folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    points = [row["train/points"] for row in rows if "train/points" in row]
    assert np.mean(points[-4:]) < np.mean(points[:4])
    assert {"val/error", "val/points", "val/mouth"} <= set(rows[-1])
    loaded = load_model(tmp_path / "face_landmarks.safetensors", "face_landmarks").eval()
    assert loaded(torch.zeros(1, 3, 80, 80)).shape == (1, 68, 2)
