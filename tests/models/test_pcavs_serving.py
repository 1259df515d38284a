"""PC-AVS as it is served: equal to the plain networks; a folder of weights as one."""

import logging

import pytest
import torch

from talkface.checkpoint import save_weights
from talkface.errors import InputError
from talkface.models.kinds import build_model
from talkface.models.pcavs import network
from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.modulation import fir_kernel, upsample
from talkface.models.pcavs.network import LABELS, Pcavs, load_pcavs
from talkface.models.pcavs.serving import ServedGenerator
from talkface.models.winograd import WinogradConv

SMALL = {"width": 1 / 16}
KINDS = list(LABELS)


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    return {kind: build_model(kind, SMALL).eval() for kind in KINDS}


@pytest.fixture(scope="module")
def pcavs(networks):
    return Pcavs(**{kind.removeprefix("pcavs_"): net for kind, net in networks.items()})


def test_served_equals_plain(pcavs, networks):
    face, frames, mels = noise(3, 224, 224), noise(2, 3, 224, 224, seed=1), torch.rand(2, 1, 80, 20)
    code, identity_map = networks["pcavs_identity"](face[None])
    motion, heard = networks["pcavs_motion"](frames), networks["pcavs_speech"](mels)
    identity, pose, content = pcavs.encode_identity(face), pcavs.encode_pose(frames), pcavs.encode_content(mels)
    assert torch.allclose(identity.code, code, atol=1e-5) and torch.allclose(identity.map, identity_map, atol=1e-5)
    assert torch.allclose(pose, motion.pose_code, atol=1e-5) and torch.allclose(content, heard, atol=1e-5)
    assert torch.allclose(pcavs.encode_mouth(frames), motion.content_code, atol=1e-5)
    for scale in (1.2, 1.0):
        embedding = networks["pcavs_motion"].embed_content(scale * heard)
        style = torch.cat([code.expand(2, -1), embedding, motion.pose_code], 1)
        expected = networks["pcavs_generator"](style, identity_map.expand(2, -1, -1, -1))
        found = pcavs.generate(identity, content, pose, content_scale=scale)
        assert (found - expected).abs().max() <= 1e-4
    assert torch.equal(pcavs.generate(identity, content, pose), pcavs.generate(identity, content, pose, 1.2))


def test_serving_leaves_the_networks_as_they_were(networks, pcavs):
    assert not any(isinstance(module, WinogradConv) for module in networks["pcavs_motion"].modules())
    assert not any(parameter.requires_grad for parameter in pcavs.parameters())


def test_several_pictures_of_one_person(pcavs, networks):
    faces = noise(3, 3, 224, 224)
    code, _ = networks["pcavs_identity"](faces[None])
    assert torch.allclose(pcavs.encode_identity(faces).code, code, atol=1e-5)


def test_bfloat16_looks_the_same():
    torch.manual_seed(0)
    generator = PcavsGenerator(1 / 8).eval()
    exact, fast = ServedGenerator(generator), ServedGenerator(generator, torch.bfloat16)
    code, frame, start = noise(1, 256), noise(1, 64), noise(1, 64, 7, 7)
    pictures = [net(net.identity_styles(code), frame, start) for net in (exact, fast)]
    difference = (pictures[0] - pictures[1]).abs() * 127.5  # grey levels
    assert pictures[1].dtype == torch.float32
    assert 0 < difference.mean() < 1.5


@pytest.mark.parametrize("native", [True, False])
def test_fast_acts_where_the_machine_can(monkeypatch, caplog, networks, native):
    monkeypatch.setattr(network, "has_bfloat16", lambda: native)
    with caplog.at_level(logging.WARNING):
        served = Pcavs(**{kind.removeprefix("pcavs_"): net for kind, net in networks.items()}, fast=True)
    assert served.generator.dtype == (torch.bfloat16 if native else torch.float32)
    assert ("no effect" in caplog.text) != native


def test_networks_of_different_widths_are_refused(networks):
    other = {**networks, "pcavs_motion": build_model("pcavs_motion", {"width": 1 / 32})}
    with pytest.raises(InputError, match="different widths"):
        Pcavs(**{kind.removeprefix("pcavs_"): net for kind, net in other.items()})


def fill(folder, networks, *, leave_out=()):
    for kind, net in networks.items():
        if kind not in leave_out:
            save_weights(folder / f"{kind}.safetensors", net.state_dict(), {"kind": kind, "config": SMALL})
    return folder


def test_a_folder_of_our_weights(tmp_path, networks, pcavs):
    loaded = load_pcavs(fill(tmp_path, networks))
    face = noise(3, 224, 224)
    assert torch.equal(loaded.encode_identity(face).code, pcavs.encode_identity(face).code)


def test_missing_files_are_all_named_with_the_remedy(tmp_path, networks):
    fill(tmp_path, networks, leave_out=("pcavs_motion", "pcavs_speech"))
    with pytest.raises(InputError) as caught:
        load_pcavs(tmp_path, epoch="7")
    assert "7_net_E.pth, 7_net_A_sync.pth" in caught.value.what and "github.com" in caught.value.remedy
    with pytest.raises(InputError, match="no folder"):
        load_pcavs(tmp_path / "nowhere")


def test_official_names_are_found_and_other_files_ignored(tmp_path, networks):
    fill(tmp_path, networks, leave_out=("pcavs_speech",))
    torch.save(networks["pcavs_speech"].state_dict(), tmp_path / "latest_net_A_sync.pth")
    (tmp_path / "latest_net_D.pth").write_bytes(b"whatever")
    with pytest.raises(InputError, match="of another shape"):  # found, read, and not of official size
        load_pcavs(tmp_path)


def test_what_an_official_file_holds_beyond_serving_is_one_line(tmp_path, networks, caplog, monkeypatch):
    """Files of official names, here with small networks as what the loader makes of them."""
    for label in LABELS.values():
        (tmp_path / f"latest_net_{label}.pth").write_bytes(b"")
    for kind, keys in {"pcavs_generator": ["style.1.weight", "style.1.bias", "input.input"]}.items():
        monkeypatch.setitem(networks[kind].metadata, "ignored", keys)
    monkeypatch.setattr(network, "load_model", lambda path, kind: networks[kind])
    caplog.set_level(logging.INFO)
    load_pcavs(tmp_path)
    lines = [record.message for record in caplog.records]
    assert lines == ["latest_net_G.pth: 3 tensors are not used in serving (input, style)"]


def test_serving_first_does_not_stop_training_in_the_same_process():
    fir_kernel.cache_clear()
    with torch.inference_mode():
        upsample(noise(1, 2, 4, 4))
    with torch.enable_grad():
        x = noise(1, 2, 4, 4).requires_grad_()
        upsample(x).sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()
