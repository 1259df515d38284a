"""One loader for our weights, our checkpoints and the originals'; RGB whatever the file."""

import pytest
import torch

from talkface.checkpoint import file_sha256, save_weights
from talkface.errors import InputError
from talkface.models import load
from talkface.models.kinds import build_model
from talkface.models.upstream import load_upstream
from talkface.models.upstream.rgb import COLOUR_AXES, swap_colours, to_rgb

KIND = "wav2lip_expert"
CONFIG = {"width": 0.05}
SHAPES = {
    "wav2lip_generator": ((1, 1, 80, 16), (1, 6, 96, 96)),
    "wav2lip_expert": ((1, 1, 80, 16), (1, 15, 48, 96)),
    "wav2lip_discriminator": ((1, 3, 2, 96, 96),),
    "syncnet_v2": ((1, 1, 13, 20), (1, 3, 5, 224, 224)),
}


@pytest.fixture
def expert():
    torch.manual_seed(0)
    return build_model(KIND, CONFIG).eval()


def same(one, other) -> bool:
    return all(torch.equal(value, other.state_dict()[key]) for key, value in one.state_dict().items())


def test_our_weights(tmp_path, expert):
    path = tmp_path / "w.safetensors"
    save_weights(path, expert.state_dict(), {"kind": KIND, "config": CONFIG, "steps": 12})
    found = load.load_model(path, KIND)
    assert same(expert, found) and not found.training
    assert found.metadata["steps"] == 12 and found.width == 0.05
    assert found.weights_sha256 == file_sha256(path)


def test_our_training_checkpoint(tmp_path, expert):
    path = tmp_path / "last.ckpt"
    state = {f"network.{key}": value for key, value in expert.state_dict().items()} | {"judge.a": torch.zeros(2)}
    notes = {"kind": KIND, "config": CONFIG, "prefix": "network."}
    torch.save({"state_dict": state, "talkface": notes, "epoch": 3, "loops": {"a": [1]}}, path)
    found = load.load_model(path, KIND)
    assert same(expert, found) and found.metadata["kind"] == KIND
    with pytest.raises(InputError, match="another kind"):
        load.load_model(path, "wav2lip_generator")


def test_another_kind_or_no_kind_is_refused(tmp_path, expert):
    save_weights(tmp_path / "a.safetensors", expert.state_dict(), {"kind": KIND, "config": CONFIG})
    with pytest.raises(InputError, match=r"another kind \(wav2lip_expert\)"):
        load.load_model(tmp_path / "a.safetensors", "wav2lip_generator")
    save_weights(tmp_path / "b.safetensors", expert.state_dict(), {})
    with pytest.raises(InputError, match="metadata"):
        load.load_model(tmp_path / "b.safetensors", KIND)


def test_config_and_weights_must_agree(tmp_path, expert):
    save_weights(tmp_path / "a.safetensors", expert.state_dict(), {"kind": KIND, "config": {"width": 0.1}})
    with pytest.raises(InputError, match="of another shape"):
        load.load_model(tmp_path / "a.safetensors", KIND)
    save_weights(tmp_path / "b.safetensors", expert.state_dict(), {"kind": KIND, "config": {"depth": 3}})
    with pytest.raises(InputError, match="depth"):
        load.load_model(tmp_path / "b.safetensors", KIND)


@pytest.mark.parametrize(
    "data", [b"", b"short", b"\x10\0\0\0\0\0\0\0{not json, I fear", b"PK\x03\x04rest", b"\x80\x02."]
)
def test_broken_files(tmp_path, data):
    (tmp_path / "w").write_bytes(data)
    with pytest.raises(InputError) as caught:
        load.load_model(tmp_path / "w", KIND)
    assert str(tmp_path / "w") in str(caught.value)


@torch.no_grad()
@pytest.mark.parametrize("kind", list(SHAPES))
def test_official_weights_take_and_give_rgb(tmp_path, kind):
    """Same picture, other colour order: same answer as the original's layout gives."""
    torch.manual_seed(1)
    original = build_model(kind).eval()
    torch.save({"state_dict": original.state_dict()}, tmp_path / "official.pth")
    ours, theirs = load.load_model(tmp_path / "official.pth", kind), load_upstream(kind, tmp_path / "official.pth")
    *sound, picture = (torch.rand(shape) for shape in SHAPES[kind])
    scale = 255.0 if kind == "syncnet_v2" else 1.0
    found, expected = ours(*sound, picture), theirs(*sound, swap_colours(picture, 1) * scale)
    if kind == "wav2lip_generator":
        expected = swap_colours(expected, 1)
        assert not torch.allclose(found, theirs(*sound, picture), atol=1e-4)
    pairs = zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
    assert all(torch.allclose(a, b, atol=2e-6, rtol=1e-5) for a, b in pairs)
    assert ours.metadata["channel_order"] == "rgb" and theirs.metadata["channel_order"] == "bgr"


def test_swapping_twice_restores_and_triples_stay_in_place():
    x = torch.arange(6.0)
    assert swap_colours(x, 0).tolist() == [2, 1, 0, 5, 4, 3]
    assert torch.equal(swap_colours(swap_colours(x, 0), 0), x)
    assert set(COLOUR_AXES) == set(SHAPES)


def test_to_rgb_touches_nothing_but_colour_axes():
    torch.manual_seed(0)
    network = build_model("wav2lip_expert", CONFIG)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    after = to_rgb(network, "wav2lip_expert").state_dict()
    changed = [key for key in before if not torch.equal(before[key], after[key])]
    assert changed == ["face_encoder.0.conv_block.0.weight"]


def test_converted_official_weights_load_as_ours(tmp_path):
    torch.save(build_model("wav2lip_discriminator").state_dict(), tmp_path / "official.pth")
    load.convert(tmp_path / "official.pth", "wav2lip_discriminator", tmp_path / "ours.safetensors")
    direct = load.load_model(tmp_path / "official.pth", "wav2lip_discriminator")
    converted = load.load_model(tmp_path / "ours.safetensors", "wav2lip_discriminator")
    assert same(direct, converted)
    assert converted.metadata["converted_from_sha256"] == direct.weights_sha256


def test_default_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(InputError, match="no shipped weights"):
        load.default_weights(KIND)
    (tmp_path / "wav2lip_expert.safetensors").touch()
    assert load.default_weights(KIND) == tmp_path / "wav2lip_expert.safetensors"
    with pytest.raises(InputError, match="unknown kind"):
        load.default_weights("expert")
