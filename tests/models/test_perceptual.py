"""VGG features: geometry, strictness, and the normalisation of torchvision."""

import pytest
import torch

from talkface.errors import InputError
from talkface.models.perceptual import PCAVS_WEIGHTS, VGGFACE_WEIGHTS, VggFeatures, load_vgg


def test_five_maps_halving_each_time_and_frozen():
    net = load_vgg(VggFeatures().state_dict())
    maps = net(torch.rand(1, 3, 48, 32))
    assert [tuple(m.shape[1:]) for m in maps] == [(64, 48, 32), (128, 24, 16), (256, 12, 8), (512, 6, 4), (512, 3, 2)]
    assert not any(p.requires_grad for p in net.parameters())


def test_keys_are_torchvisions():
    keys = list(VggFeatures().state_dict())
    numbers = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28]
    assert keys == [f"features.{number}.{part}" for number in numbers for part in ("weight", "bias")]


def test_mean_picture_is_zero_to_the_network():
    net = VggFeatures()
    grey = net.mean.expand(1, 3, 16, 16)
    assert torch.allclose(net(grey)[0], net.features[0].bias[:, None, None].relu().expand(64, 16, 16)[None], atol=1e-6)


def test_other_weights_and_missing_files_are_named(tmp_path):
    with pytest.raises(InputError, match="missing"):
        load_vgg({"classifier.0.weight": torch.zeros(1)})
    with pytest.raises(InputError, match="not found"):
        load_vgg(tmp_path / "vgg19.pth")


@torch.no_grad()
def test_forms_of_pcavs():
    """The same network on pictures as they are; and the one with norms, cut behind its last pool."""
    plain, ours = VggFeatures(), VggFeatures("pcavs")
    ours.load_state_dict(plain.state_dict())
    image = torch.rand(1, 3, 32, 32)
    for one, other in zip(plain(image), ours((image - plain.mean) / plain.deviation), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    faces = load_vgg(VggFeatures("vggface").state_dict(), "vggface")
    assert [tuple(m.shape[1:]) for m in faces(torch.rand(1, 3, 64, 32))] == [(512, 8, 4), (512, 2, 1)]
    assert "features.1.running_mean" in faces.state_dict() and len(PCAVS_WEIGHTS) == len(ours(image))
    assert sum(VGGFACE_WEIGHTS) == 1 / 8 + 1 / 4 + 1
