"""Generators that hear shapes: the ear learns what the sound says, the brush from the mouths that were drawn."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from talkface.batch import GeneratorBatch
from talkface.data.datasets import Sampling
from talkface.errors import InputError
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.training.fit import Plan, fit
from talkface.training.schedules import SyncWeight
from talkface.training.wav2lip import Wav2LipModule, faces_of

Build = Callable[..., Any]
WEIGHTS = {"reconstruction": 1.0, "mouth": 1.0, "changed": 2.0, "heard": 2.0, "adversarial": 0.0}


def batch_of(shape: torch.Tensor, spoken: torch.Tensor) -> GeneratorBatch:
    rows, frames = shape.shape[:2]
    random = torch.Generator().manual_seed(2)
    faces = torch.randint(0, 256, (2, rows, frames, 3, 96, 96), generator=random, dtype=torch.uint8)
    mels = torch.rand(rows, frames, 1, 80, 16, generator=random)
    return GeneratorBatch(*faces, mels, mels[:, 0], shape, spoken)


@pytest.fixture
def module(generator_module: Build) -> Wav2LipModule:
    made: Wav2LipModule = generator_module(sync=SyncWeight(weight=0.0))
    torch.manual_seed(0)
    made.generator, made.loss = Wav2LipGenerator(0.125, blend=True, shapes=True), dict(WEIGHTS)
    return made.eval()


def test_mouths_are_drawn_as_they_were_where_that_is_known(module: Wav2LipModule) -> None:
    shape, spoken = torch.rand(2, 3, 6), torch.rand(2, 3, 6)
    shape[1, 2] = float("nan")
    batch = batch_of(shape, spoken)
    made, losses = module.taught(batch)
    face, generator = faces_of(batch), module.generator
    torch.testing.assert_close(made[0, 1], generator.draw(shape[0, 1:2], face[:1, :, 1])[0])
    torch.testing.assert_close(made[1, 2], generator(batch.mels[1, 2:], face[1:, :, 2])[0])
    heard = generator.hear(batch.mels.flatten(0, 1)).unflatten(0, (2, 3))
    torch.testing.assert_close(losses["heard"], (heard - spoken).abs().mean())
    torch.testing.assert_close(module.generate(batch)[0, 1], generator(batch.mels[0, 1:2], face[:1, :, 1])[0])


def test_pictures_teach_the_brush_and_shapes_the_ear(module: Wav2LipModule) -> None:
    batch = batch_of(torch.rand(2, 3, 6), torch.rand(2, 3, 6))
    made, losses = module.taught(batch)
    made.sum().backward(retain_graph=True)
    ear = [*module.generator.audio_encoder.parameters(), *module.generator.shapes.read.parameters()]  # type: ignore[union-attr]
    assert not any(parameter.grad is not None and parameter.grad.any() for parameter in ear)
    losses["heard"].backward()
    assert all(parameter.grad.any() for parameter in ear[-2:])  # type: ignore[union-attr]


def test_clips_without_truth_teach_as_they_always_did(module: Wav2LipModule) -> None:
    unknown = torch.full((2, 3, 6), float("nan"))
    batch = batch_of(unknown, unknown)
    made, losses = module.taught(batch)
    torch.testing.assert_close(made, module.generate(batch))
    assert float(losses["heard"]) == 0


def test_it_trains_on_single_frames(tmp_path: Path, module: Wav2LipModule, generator_data: Build) -> None:
    fit(module, generator_data(sampling=Sampling(frames=1, references=2)), Plan(2, 2, 2, 1), folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert {"train/heard", "train/changed"} <= rows[0].keys() and "train/sync" not in rows[0]
    assert any("val/sync" in row for row in rows)  # five frames there


def test_a_generator_without_shapes_has_nothing_to_hear_with(generator_module: Build) -> None:
    made = generator_module()
    with pytest.raises(InputError, match="hears no shapes"):
        Wav2LipModule(made.generator, made.expert, optimizer=made.optimizer, loss=WEIGHTS)


@pytest.mark.parametrize("asked", [{"frames": 0}, {"frames": 6}, {"references": 0}])
def test_windows_that_cannot_be(asked: dict[str, int]) -> None:
    with pytest.raises(InputError, match="references"):
        Sampling(**asked)


def test_the_expert_wants_five_frames(tmp_path: Path, generator_module: Build, generator_data: Build) -> None:
    data = generator_data(sampling=Sampling(frames=1))
    with pytest.raises(InputError, match="five frames"):
        fit(generator_module(), data, Plan(1), folder=tmp_path)
