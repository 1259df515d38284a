"""Folding: the same function to 1e-4 (it reaches 1e-6); the network it came from stays as it was."""

import pytest
import torch
from torch import nn

from talkface.face import mouth_paste_mask
from talkface.models.face_detector import FaceDetectorNetwork
from talkface.models.optimise import fold_batch_norm, folded, optimise
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.models.wav2lip_serving import FIRST_ROW


def seeded(width: float = 0.125) -> Wav2LipGenerator:
    """Random weights and norm statistics far from their initial 0 and 1."""
    torch.manual_seed(3)
    network = Wav2LipGenerator(width=width).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3)
            module.running_var.uniform_(0.5, 2.0)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.uniform_(-0.2, 0.2)
    return network


@torch.no_grad()
def test_the_generator_stays_the_same_function():
    network = seeded()
    mel, face = torch.rand(3, 1, 80, 16) * 8 - 4, torch.rand(3, 6, 96, 96)
    before, served = network(mel, face), optimise(network)
    assert (served(mel, face) - before).abs().max() < 1e-5  # required: 1e-4
    assert not any(isinstance(module, nn.BatchNorm2d) for module in served.modules())
    assert torch.equal(network(mel, face), before) and any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    assert not any(parameter.requires_grad for parameter in served.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_the_face_detector_stays_the_same_function():
    torch.manual_seed(0)
    network = FaceDetectorNetwork(0.25)
    network.train()
    network(torch.rand(4, 3, 64, 64))  # running means away from their start
    network.eval()
    picture = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        plain, folded = network(picture), optimise(network)(picture)
    torch.testing.assert_close(folded.logits, plain.logits, atol=1e-4, rtol=1e-4)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in optimise(network).modules())


@pytest.mark.parametrize("convolution", [nn.Conv2d(3, 5, 3, bias=False), nn.ConvTranspose2d(3, 5, 3, stride=2)])
@torch.no_grad()
def test_one_convolution(convolution):
    norm = nn.BatchNorm2d(5).eval()
    (
        norm.running_mean.uniform_(-1, 1),
        norm.running_var.uniform_(0.1, 3),
        norm.weight.uniform_(-2, 2),
        norm.bias.uniform_(),
    )
    x = torch.randn(2, 3, 9, 8)
    torch.testing.assert_close(folded(convolution, norm)(x), norm(convolution(x)), atol=1e-5, rtol=1e-5)


def test_a_norm_without_statistics_is_refused():
    with pytest.raises(ValueError, match="running statistics"):
        folded(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2, track_running_stats=False))


@torch.no_grad()
def test_a_norm_before_a_convolution_stays():
    network = nn.Sequential(nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1)).eval()
    assert isinstance(fold_batch_norm(network)[0], nn.BatchNorm2d)


def test_the_rows_that_are_drawn_hold_all_that_is_pasted():
    mask = mouth_paste_mask(96, 96)
    assert not mask[: FIRST_ROW + 2].any() and mask[FIRST_ROW + 3 :].any(axis=1)[:10].all()  # one row is interpolated
