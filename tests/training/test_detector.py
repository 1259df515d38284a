"""A detector of toy size learns, and leaves weights that load."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from labels import make_labels

from talkface.data.face_module import FaceScenesDataModule
from talkface.models.face_detector import FaceDetectorNetwork
from talkface.models.load import load_model
from talkface.training.detector import DetectorModule
from talkface.training.fit import Plan, fit


def test_detector_learns_and_leaves_its_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    adam = partial(torch.optim.AdamW, lr=1e-2)
    module = DetectorModule(FaceDetectorNetwork(0.25), optimizer=adam, loss={"heat": 1.0, "sides": 1.0})
    data = FaceScenesDataModule(make_labels(tmp_path / "labels"), batch=4, workers=0, validation_items=4)
    data.setup()
    fit(module, data, Plan(12, validate_every=12, save_every=12, log_every=1), folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    totals = [row["train/heat"] + row["train/sides"] for row in rows if "train/heat" in row]
    assert np.mean(totals[-4:]) < np.mean(totals[:4])
    assert {"val/recall", "val/precision", "val/heat"} <= set(rows[-1])
    loaded = load_model(tmp_path / "face_detector.safetensors", "face_detector").eval()
    assert loaded(torch.zeros(1, 3, 32, 32)).logits.shape == (1, 1, 4, 4)
