"""The motion encoder's start: heatmaps and back, what learns, and what is left for the next stage."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from labels import make_labels

from talkface.data.face_module import FaceCropsDataModule
from talkface.models.load import load_model
from talkface.models.pcavs.motion_encoder import LATER_PARTS, MotionEncoder
from talkface.training.fit import Plan, fit
from talkface.training.pcavs_landmarks import MotionStartModule, heatmaps_of, mouth_shape, points_of
from talkface.training.pcavs_stage import started


@given(st.lists(st.floats(0.2, 0.8), min_size=4, max_size=4), st.sampled_from([16, 28, 56]))
def test_points_come_back_from_their_heatmaps(places: list[float], side: int) -> None:
    points = torch.tensor(places).reshape(1, 2, 2)
    found = points_of(heatmaps_of(points, side))
    assert torch.allclose(found, points, atol=0.25 / side)


def test_a_heatmap_is_highest_in_the_cell_of_its_point() -> None:
    maps = heatmaps_of(torch.tensor([[[2.5 / 16, 7.5 / 16]]]), 16)
    assert maps[0, 0, 7, 2] == 1 and maps.argmax() == 7 * 16 + 2
    assert torch.isclose(maps[0, 0, 7, 3], torch.tensor(-0.5).exp())


def test_the_shape_of_a_mouth_does_not_know_place_size_or_turn() -> None:
    points = torch.rand(3, 68, 2)
    turn = torch.tensor([[0.6, 0.8], [-0.8, 0.6]])
    moved = 3 * points @ turn + torch.tensor([5.0, -2.0])
    assert torch.allclose(mouth_shape(moved), mouth_shape(points), atol=1e-4)
    upright = torch.zeros(1, 68, 2)
    upright[0, 36, 0], upright[0, 45, 0], upright[0, 48, 0], upright[0, 57, 1] = -1.0, 1.0, -2.0, 1.0
    shape = mouth_shape(upright)[0]
    assert torch.allclose(shape[0] - shape[1], torch.tensor([-1.0, 0.0]))  # left stays left, at half the eyes' distance
    assert torch.allclose(shape[9] - shape[1], torch.tensor([0.0, 0.5]))  # below stays below


def test_what_serves_the_content_code_learns_and_the_next_stage_begins_with_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = MotionEncoder(0.0625, 64)
    before = {name: value.clone() for name, value in network.named_parameters()}
    module = MotionStartModule(
        network, optimizer=partial(torch.optim.AdamW, lr=1e-2), loss={"heatmap": 10.0, "mouth": 1.0, "turns": 1.0}
    )
    data = FaceCropsDataModule(make_labels(tmp_path / "labels", 10), batch=4, workers=0, validation_items=4)
    data.setup()
    fit(module, data, Plan(12, validate_every=12, save_every=12, log_every=1), folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    for loss in ("train/heatmap", "train/mouth", "train/turns"):
        losses = [row[loss] for row in rows if loss in row]
        assert np.mean(losses[-3:]) < np.mean(losses[:3])
    assert {"val/error", "val/heatmap", "val/mouth", "val/spread"} <= set(rows[-1])
    moved = {name for name, value in network.named_parameters() if not torch.equal(value, before[name])}
    assert moved == {name for name in before if not name.startswith(LATER_PARTS)}
    stored = load_model(tmp_path / "pcavs_motion.safetensors", "pcavs_motion").state_dict()
    begun = started("pcavs_motion", tmp_path, width=0.0625, size=64).state_dict()
    assert all(torch.equal(begun[name], value) for name, value in stored.items())
