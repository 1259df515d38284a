"""The average follows the network, forgets its start, and is what is validated and exported."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from talkface.models.load import load_model
from talkface.training.ema import averaged
from talkface.training.fit import Plan, fit


def test_average_of_a_known_sequence() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = averaged(network, decay=0.9)
    expected = None
    for count, value in enumerate([4.0, 2.0, 1.0, 3.0]):
        nn.init.constant_(network.weight, value)
        average.update_parameters(network)
        keep = min(0.9, (1 + count) / (10 + count))
        expected = value if expected is None else keep * expected + (1 - keep) * value
        torch.testing.assert_close(average.module.weight.item(), expected)
    assert not average.module.weight.requires_grad


def test_integers_are_copied() -> None:
    network = nn.BatchNorm1d(2)
    average = averaged(network, decay=0.9)
    for count in (3, 7):
        network.num_batches_tracked.fill_(count)
        average.update_parameters(network)
    assert int(average.module.num_batches_tracked) == 7


def test_average_is_exported_and_resumed(
    tmp_path: Path, expert_module: Callable[..., nn.Module], expert_data: Callable[..., object]
) -> None:
    def run(folder: Path, steps: int, resume: str | None = None) -> nn.Module:
        module, data = expert_module(ema=0.9), expert_data()
        data.setup()
        fit(module, data, Plan(steps, validate_every=steps, save_every=1), folder=folder, resume=resume)
        return module

    whole = run(tmp_path / "whole", 4)
    run(tmp_path / "parts", 2)
    resumed = run(tmp_path / "parts", 4, resume="auto")
    for key, tensor in whole.served.state_dict().items():
        assert torch.equal(tensor, resumed.served.state_dict()[key]), key
    assert not torch.equal(
        whole.served.face_encoder[0].conv_block[0].weight, whole.shipped.face_encoder[0].conv_block[0].weight
    )
    for file in ("wav2lip_expert.safetensors", "checkpoints/last.ckpt"):
        exported = load_model(tmp_path / "parts" / file, "wav2lip_expert").state_dict()
        for key, tensor in resumed.served.state_dict().items():
            torch.testing.assert_close(exported[key], tensor, atol=1e-3, rtol=1e-3)
