"""What drawn mouths teach: their shape reaches the sound and the picture, not the reader; windows of one frame."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from talkface.batch import GeneratorBatch
from talkface.data.datasets import Sampling
from talkface.errors import InputError
from talkface.models.mouth_reader import MouthReader
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.training.fit import Plan, fit
from talkface.training.mouth_truth import MouthTruth, softened
from talkface.training.schedules import SyncWeight
from talkface.training.wav2lip import Wav2LipModule

Build = Callable[..., Any]
WEIGHTS = {"reconstruction": 1.0, "mouth": 1.0, "squares": 50.0, "heard": 2.0, "drawn": 2.0, "adversarial": 0.0}


def batch_of(shape: torch.Tensor) -> GeneratorBatch:
    rows, frames = shape.shape[:2]
    random = torch.Generator().manual_seed(2)
    faces = torch.randint(0, 256, (2, rows, frames, 3, 96, 96), generator=random, dtype=torch.uint8)
    mels = torch.rand(rows, frames, 1, 80, 16, generator=random)
    return GeneratorBatch(*faces, mels, mels[:, 0], shape)


def truth_and_generator() -> tuple[MouthTruth, Wav2LipGenerator]:
    torch.manual_seed(0)
    generator = Wav2LipGenerator(0.125)
    return MouthTruth(MouthReader(0.5), generator.audio_channels), generator


def test_gradients_reach_the_sound_and_the_picture_but_not_the_reader() -> None:
    truth, generator = truth_and_generator()
    batch = batch_of(torch.rand(2, 3, 6))
    made = torch.rand(2, 3, 3, 96, 96, requires_grad=True)
    losses = truth.losses(made, batch, generator.audio_encoder)
    losses["heard"].backward()
    assert all(parameter.grad is not None for parameter in generator.audio_encoder.parameters())
    assert made.grad is None and truth.listening.weight.grad.any()
    losses["drawn"].backward()
    assert made.grad[..., 48:, :].any() and not made.grad[..., :48, :].any()
    assert all(parameter.grad is None for parameter in truth.reader.parameters())


def test_rows_are_those_of_their_frames() -> None:
    """One known mouth: the loss is that row's alone, whatever the others show."""
    truth, generator = truth_and_generator()
    truth.listening.weight.data.zero_()
    shape = torch.full((2, 3, 6), float("nan"))
    shape[1, 2] = 0.25
    batch, made = batch_of(shape), torch.rand(2, 3, 3, 96, 96)
    torch.manual_seed(5)
    losses = truth.losses(made, batch, generator.audio_encoder)
    assert float(losses["heard"]) == pytest.approx((torch.sigmoid(truth.listening.bias) - 0.25).abs().mean().item())
    torch.manual_seed(5)
    read = truth.reader(softened(made[1, 2:, :, 48:]))
    assert float(losses["drawn"]) == pytest.approx((read - 0.25).abs().mean().item(), abs=1e-6)
    unknown = truth.losses(made, batch_of(torch.full((2, 3, 6), float("nan"))), generator.audio_encoder)
    assert float(unknown["heard"]) == float(unknown["drawn"]) == 0


def test_softening_hides_stripes_of_one_pixel() -> None:
    stripes = torch.zeros(1, 3, 48, 96)
    stripes[:, :, ::3] = 1.0
    assert softened(stripes)[:, :, 5:-5].std() < 1e-6


def test_a_generator_that_paints_over_learns_from_single_frames(
    tmp_path: Path, generator_module: Build, generator_data: Build
) -> None:
    torch.manual_seed(0)
    reader = MouthReader(0.5)
    before = [tensor.clone() for tensor in reader.state_dict().values()]
    module = generator_module(reader=reader, sync=SyncWeight(weight=0.0))
    module.generator = Wav2LipGenerator(0.125, blend=True)
    module.loss = dict(WEIGHTS)
    data = generator_data(sampling=Sampling(frames=1, references=2))
    fit(module, data, Plan(2, validate_every=2, save_every=2, log_every=1), folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert {"train/heard", "train/drawn", "train/squares"} <= rows[0].keys() and "train/sync" not in rows[0]
    assert any("val/sync" in row for row in rows)  # five frames there
    assert all(torch.equal(*pair) for pair in zip(before, reader.state_dict().values(), strict=True))


def test_losses_without_a_reader_are_refused(generator_module: Build) -> None:
    made = generator_module()
    with pytest.raises(InputError, match="no mouth reader"):
        Wav2LipModule(made.generator, made.expert, optimizer=made.optimizer, loss=WEIGHTS)


@pytest.mark.parametrize("asked", [{"frames": 0}, {"frames": 6}, {"references": 0}])
def test_windows_that_cannot_be(asked: dict[str, int]) -> None:
    with pytest.raises(InputError, match="references"):
        Sampling(**asked)


def test_the_expert_wants_five_frames(tmp_path: Path, generator_module: Build, generator_data: Build) -> None:
    data = generator_data(sampling=Sampling(frames=1))
    with pytest.raises(InputError, match="five frames"):
        fit(generator_module(), data, Plan(1), folder=tmp_path)
