"""Converted models on disk: read back the same, keyed by weights and versions, absent rather than half there."""

import importlib.util

import pytest
import torch

from talkface.models.wav2lip import Wav2LipGenerator
from talkface.pipelines import engine as engine_module
from talkface.pipelines import engine_cache
from talkface.pipelines.engine import build_engine
from talkface.pipelines.engine_cache import ModelCache, cache_folder, digest

has_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="extra openvino is absent")


@pytest.fixture
def network() -> Wav2LipGenerator:
    torch.manual_seed(1)
    made = Wav2LipGenerator(width=0.0625).eval()
    made.weights_sha256 = "ab" * 32
    return made


def given():
    return torch.zeros(2, 1, 80, 16), torch.rand(2, 6, 96, 96, generator=torch.Generator().manual_seed(0))


def build(network, folder, **changes):
    return build_engine(network, engine="openvino", precision="f32", cache=folder, **changes)


@has_openvino
@pytest.mark.slow
def test_the_second_start_does_not_convert(network, tmp_path, monkeypatch):
    first = build(network, tmp_path)(*given())
    assert len(list((tmp_path / "openvino").iterdir())) == 1
    monkeypatch.setattr(engine_module, "_converted", lambda served: pytest.fail("converted again"))
    assert torch.allclose(build(network, tmp_path)(*given()), first, atol=1e-6)


@has_openvino
@pytest.mark.slow
def test_other_weights_or_another_form_are_another_model(network, tmp_path):
    build(network, tmp_path)
    build(network, tmp_path, mouth_only=True)
    network.weights_sha256 = "cd" * 32
    build(network, tmp_path)
    assert len(list((tmp_path / "openvino").iterdir())) == 3


@has_openvino
@pytest.mark.slow
def test_a_damaged_model_is_made_anew(network, tmp_path, caplog):
    first = build(network, tmp_path)(*given())
    (stored,) = (tmp_path / "openvino").iterdir()
    (stored / "model.xml").write_text("<net")
    assert torch.allclose(build(network, tmp_path)(*given()), first, atol=1e-6)
    assert "made anew" in caplog.text
    assert torch.allclose(build(network, tmp_path)(*given()), first, atol=1e-6) and caplog.text.count("made anew") == 1


@has_openvino
@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_a_warning(network, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    build(network, tmp_path / "file")(*given())
    assert "is not kept" in caplog.text


@has_openvino
@pytest.mark.slow
def test_nothing_is_kept_without_a_folder_or_of_a_network_from_no_file(network, tmp_path):
    build(network, None)
    network.weights_sha256 = ""
    build(network, tmp_path)
    assert not list(tmp_path.iterdir())


def test_key_and_place(network, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "talkface"
    before = digest({"a": 1} | engine_cache.installed())
    monkeypatch.setattr(engine_cache, "version", lambda name: "0.0")
    assert digest({"a": 1} | engine_cache.installed()) != before and len(before) == 16
    assert ModelCache(tmp_path, network).load("plain") is None
