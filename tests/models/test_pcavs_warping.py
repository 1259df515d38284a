"""The identity's picture, turned and shown through a mask: flows, their composition, served as trained."""

import pytest
import torch
from torch.nn.functional import avg_pool2d

from talkface.models.kinds import build_model
from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.network import LABELS, Pcavs
from talkface.models.pcavs.serving import ServedGenerator
from talkface.models.pcavs.warping import Portrait, PoseFlow, composed, moved

SMALL = {"width": 1 / 32, "size": 64}


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def awake(generator: PcavsGenerator) -> PcavsGenerator:
    """With a flow and a mask that are not at rest."""
    with torch.no_grad():
        generator.flow.out.weight.normal_(generator=torch.Generator().manual_seed(5))
        for layer in generator.layers()[1::3]:
            layer.conv.weight[:, 3:].normal_(generator=torch.Generator().manual_seed(6))
    return generator.eval()


def test_no_flow_shows_the_picture_and_a_flow_fetches_from_there():
    picture = noise(2, 3, 16, 16)
    torch.testing.assert_close(moved(picture, torch.zeros(2, 2, 8, 8)), picture)
    right = torch.zeros(2, 2, 8, 8)
    right[:, 0] = 3 * 2 / 16  # of half sides: three pixels
    torch.testing.assert_close(moved(picture, right)[..., :13], picture[..., 3:])
    torch.testing.assert_close(moved(picture, right)[..., 13:], picture[..., -1:].expand(-1, -1, -1, 3))
    assert moved(picture[:1], torch.zeros(4, 2, 8, 8)).shape == (4, 3, 16, 16)


def test_the_flow_is_the_difference_of_two_poses():
    flow, one, other = PoseFlow(), noise(3, 12), noise(3, 12, seed=1)
    assert (flow(one, other) == 0).all()  # a fresh one is at rest
    torch.nn.init.normal_(flow.out.weight)
    assert flow(one, other).shape == (3, 2, 8, 8) and flow(one, other).abs().mean() > 1e-3
    assert (flow(one, one) == 0).all()
    torch.testing.assert_close(flow(one, other), -flow(other, one))


def test_the_mask_chooses_between_what_is_drawn_and_what_is_moved():
    picture, still = torch.rand(1, 3, 32, 32) * 2 - 1, torch.zeros(2, 2, 8, 8)
    drawn = noise(2, 4, 1, 1).repeat(1, 1, 16, 16)
    drawn[0, 3], drawn[1, 3] = 50, -50
    found = composed(drawn, picture, still)
    torch.testing.assert_close(found[0], picture[0])  # in its own size
    torch.testing.assert_close(avg_pool2d(found[1], 2), torch.tanh(drawn[1, :3]))


def test_a_portrait_is_needed_with_warp_and_only_then():
    style, start, portrait = noise(1, 80), noise(1, 16, 16, 16), Portrait(noise(1, 3, 64, 64), noise(1, 12))
    with pytest.raises(ValueError, match="takes a portrait"):
        PcavsGenerator(**SMALL, warp=True)(style, start)
    with pytest.raises(ValueError, match="takes a portrait"):
        PcavsGenerator(**SMALL)(style, start, portrait=portrait)
    for warp, given in ((True, None), (False, portrait)):
        served = ServedGenerator(PcavsGenerator(**SMALL, warp=warp))
        with pytest.raises(ValueError, match="takes a portrait"):
            served(served.identity_styles(style[:, :64]), style[:, 64:], start, given)


def test_served_equals_plain():
    torch.manual_seed(0)
    net = awake(PcavsGenerator(**SMALL, warp=True))
    code, frame, start = noise(1, 64), noise(3, 16, seed=1), noise(1, 16, 16, 16, seed=2)
    portrait = Portrait(noise(1, 3, 64, 64, seed=3).clamp(-1, 1), noise(1, 12, seed=4))
    style = torch.cat([code.expand(3, -1), frame], 1)
    with torch.no_grad():
        expected = net(style, start.expand(3, -1, -1, -1), portrait=portrait)
        served = ServedGenerator(net)
        found = served(served.identity_styles(code), frame, start, portrait)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
    assert (expected[0] - expected[1]).abs().mean() > 1e-2


def test_what_is_served_keeps_the_sharpness_of_the_picture_given():
    torch.manual_seed(0)
    nets = {kind.removeprefix("pcavs_"): build_model(kind, {"width": 1 / 32}) for kind in ("pcavs_speech",)}
    nets |= {kind: build_model(f"pcavs_{kind}", SMALL) for kind in ("identity", "motion")}
    generator = PcavsGenerator(**SMALL, warp=True)
    with torch.no_grad():
        generator.to_rgb1.bias[:, 3] = 50
    served = Pcavs(**nets, generator=generator)
    assert set(nets) | {"generator"} == {kind.removeprefix("pcavs_") for kind in LABELS}
    faces = torch.rand(2, 3, 224, 224) * 2 - 1
    identity = served.encode_identity(faces)  # the first of several pictures is the one that is moved
    found = served.generate(identity, torch.rand(1, 16), served.encode_pose(faces[1:]))
    torch.testing.assert_close(found, faces[:1], atol=1e-4, rtol=0)
