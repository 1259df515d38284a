"""PC-AVS's networks for pictures of 112 and 64: shapes, serving from 224, and activation checkpointing."""

import pytest
import torch

from talkface.errors import InputError
from talkface.models.kinds import build_model
from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.network import LABELS, Pcavs

SMALL = {"width": 1 / 32, "size": 112}


def networks(**config):
    torch.manual_seed(0)
    made = {}
    for kind in LABELS:
        own = {key: value for key, value in config.items() if key != "size" or kind != "pcavs_speech"}
        made[kind.removeprefix("pcavs_")] = build_model(kind, own).eval()
    return made


def test_smaller_pictures_give_codes_of_the_same_form():
    nets, picture = networks(**SMALL), torch.rand(2, 3, 112, 112) * 2 - 1
    code, identity_map = nets["identity"](picture)
    motion = nets["motion"](picture)
    assert code.shape == (2, 64) and identity_map.shape == (2, 16, 7, 7)
    assert motion.content_embedding.shape == (2, 4) and motion.pose_code.shape == (2, 12)
    style = torch.cat([code, motion.content_embedding, motion.pose_code], 1)
    assert nets["generator"](style, identity_map).shape == (2, 3, 112, 112)
    assert nets["generator"].noise_sizes == [7, 14, 14, 28, 28, 56, 56, 112, 112]
    with pytest.raises(InputError, match="size=96"):
        PcavsGenerator(1 / 32, 96)


def test_the_smallest_pictures_start_from_a_map_of_sixteen():
    nets, picture = networks(width=1 / 32, size=64), torch.rand(2, 3, 64, 64) * 2 - 1
    code, identity_map = nets["identity"](picture)
    motion = nets["motion"](picture)
    assert code.shape == (2, 64) and identity_map.shape == (2, 16, 16, 16)
    assert nets["motion"].model.fc.in_features == 16 * 16
    style = torch.cat([code, motion.content_embedding, motion.pose_code], 1)
    assert nets["generator"](style, identity_map).shape == (2, 3, 64, 64)
    assert nets["generator"].noise_sizes == [16, 32, 32, 64, 64]
    assert [conv.conv.weight.shape[1] for conv in nets["generator"].convs[::2]] == [8, 4]
    served = Pcavs(**nets)
    large = torch.nn.functional.interpolate(picture, 224, mode="nearest")
    found = served.generate(served.encode_identity(large[0]), torch.rand(1, 16), served.encode_pose(large[:1]), 1.0)
    assert found.shape == (1, 3, 224, 224)


def test_serving_shows_reduced_pictures_and_gives_enlarged_ones():
    nets = networks(**SMALL)
    served = Pcavs(**nets)
    picture = torch.rand(1, 3, 224, 224) * 2 - 1
    small = torch.nn.functional.avg_pool2d(picture, 2)
    identity, pose = served.encode_identity(picture[0]), served.encode_pose(picture)
    with torch.no_grad():
        assert torch.allclose(identity.code, nets["identity"](small)[0], atol=1e-6)
        assert torch.allclose(pose, nets["motion"](small).pose_code, atol=1e-5)
        content = torch.rand(1, 16)
        style = torch.cat([identity.code, nets["motion"].embed_content(content), pose], 1)
        made = nets["generator"](style, identity.map)
    found = served.generate(identity, content, pose, 1.0)
    assert found.shape == (1, 3, 224, 224) and found.abs().max() <= 1
    assert torch.allclose(torch.nn.functional.avg_pool2d(found, 2), made, atol=0.05)
    with pytest.raises(InputError, match="picture sizes"):
        Pcavs(**{**nets, "generator": PcavsGenerator(1 / 32, 224)})


def kept_bytes(generator, style, identity_map) -> tuple[int, list[torch.Tensor]]:
    """What autograd keeps for the backward pass, and the gradients."""
    held: dict[int, int] = {}

    def note(tensor):
        held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss = generator(style, identity_map).square().mean()
    with torch.enable_grad():
        return sum(held.values()), list(torch.autograd.grad(loss, list(generator.parameters()), allow_unused=True))


def test_checkpointing_keeps_less_and_changes_no_gradient():
    torch.manual_seed(0)
    plain, saving = PcavsGenerator(1 / 16, 112), PcavsGenerator(1 / 16, 112, checkpointing=True)
    saving.load_state_dict(plain.state_dict())
    style, identity_map = torch.randn(2, 160), torch.randn(2, 32, 7, 7)
    more, expected = kept_bytes(plain, style, identity_map)
    less, found = kept_bytes(saving, style, identity_map)
    assert less < 0.5 * more
    for one, other in zip(expected, found, strict=True):
        assert (one is None and other is None) or torch.allclose(one, other, atol=1e-7)
