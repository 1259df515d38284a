"""Engines: the same function within what each promises; what is missing or impossible is one line."""

import importlib.util

import pytest
import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.models.winograd import WinogradConv
from talkface.pipelines import options as options_module
from talkface.pipelines.engine import CALIBRATION, Calibrated, build_engine
from talkface.pipelines.options import LipSyncOptions, check_engine

has_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="extra openvino is absent")
has_nncf = pytest.mark.skipif(importlib.util.find_spec("nncf") is None, reason="extra openvino (nncf) is absent")


@pytest.fixture(scope="module")
def network() -> Wav2LipGenerator:
    torch.manual_seed(4)
    return Wav2LipGenerator(width=0.125).eval()


def inputs(count: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(count)
    mel = torch.rand(count, 1, 80, 16, generator=generator) * 8 - 4
    return mel, torch.rand(count, 6, 96, 96, generator=generator)


def error(network, engine: str, precision: str, count: int = 3) -> float:
    mel, face = inputs(count)
    with torch.inference_mode():
        made = build_engine(network, engine=engine, precision=precision)(mel, face)
        assert made.dtype == torch.float32
        return float((made - network(mel, face)).abs().max())


def test_exact_torch_computes_by_products():
    torch.manual_seed(4)
    network = Wav2LipGenerator(width=0.25).eval()
    run = build_engine(network, engine="torch", precision="f32")
    assert any(isinstance(module, WinogradConv) for module in run.modules())
    assert error(network, "torch", "f32", count=8) < 1e-5


def test_torch_is_exact_and_bfloat16_is_near(network):
    assert error(network, "torch", "f32") < 1e-5
    assert 0 < error(network, "torch", "bf16") < 0.03


@has_openvino
def test_openvino_is_exact(network):
    assert error(network, "openvino", "f32") < 1e-4


@has_nncf
@pytest.mark.slow
def test_eight_bits_begin_after_the_calibration(network):
    run = build_engine(network, engine="openvino", precision="int8")
    mel, face = inputs(CALIBRATION + 4)
    with torch.inference_mode():
        wanted = network(mel, face)
        first = run(mel[:CALIBRATION], face[:CALIBRATION])
        later = run(mel[CALIBRATION:], face[CALIBRATION:])
    assert float((first - wanted[:CALIBRATION]).abs().max()) < 1e-4
    assert 1e-4 < float((later - wanted[CALIBRATION:]).abs().max()) < 0.1


def test_the_first_faces_are_the_calibration():
    asked: list[int] = []

    def quantise(samples):
        asked.append(len(samples))
        return lambda mel, face: face[:, :3] * 0

    run = Calibrated(lambda mel, face: face[:, :3], quantise)
    made = [float(run(*inputs(8)).max()) for _ in range(CALIBRATION // 8 + 2)]
    assert all(value > 0 for value in made[:-2]) and made[-2:] == [0, 0] and asked == [CALIBRATION]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": "tensorrt"}, "unknown engine"),
        ({"precision": "f8"}, "unknown precision"),
        ({"precision": "int8"}, "engine=openvino"),
        ({"engine": "openvino", "device": "cuda"}, "runs on the CPU"),
    ],
)
def test_what_does_not_go_together(changes, words):
    with pytest.raises(InputError, match=words):
        LipSyncOptions(**changes)


def test_a_missing_extra_is_one_line(monkeypatch):
    monkeypatch.setattr(options_module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="openvino is not installed") as caught:
        check_engine("openvino", "f32", "cpu")
    assert "talkface[openvino]" in str(caught.value) and "\n" not in str(caught.value)
