"""The served generator equals the plain one: whole pictures, the rows that are pasted, one face for many windows."""

import pytest
import torch
from torch import nn

from talkface.models.products import TransposedByProduct
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.models.wav2lip_serving import FIRST_ROW, ServedWav2Lip
from talkface.models.winograd import WinogradConv

REPLACED = (WinogradConv, TransposedByProduct)
WIDTH = 0.25  # from 128 channels on convolutions are replaced: the widest stages at this width


LEANING = {"blend": True, "shapes": True, "drawings": torch.eye(6).tolist(), "lean": 0.5}
FORMS = {"": {}, "blend": {"blend": True}, "shapes": {"blend": True, "shapes": True}, "lean": LEANING}


@pytest.fixture(scope="module", params=FORMS)
def network(request) -> Wav2LipGenerator:
    """Norms scaled so that pictures vary (an untrained network's are grey)."""
    torch.manual_seed(6)
    made = Wav2LipGenerator(WIDTH, **FORMS[request.param]).eval()
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.uniform_(0.02, 0.1)
            module.bias.data.uniform_(-0.3, 0.3)
    return made


def given(count: int):
    random = torch.Generator().manual_seed(count)
    mel = torch.rand(count, 1, 80, 16, generator=random) * 8 - 4
    return mel, torch.rand(count, 6, 96, 96, generator=random)


def fresh(network, **form) -> ServedWav2Lip:
    copy = Wav2LipGenerator(**network.config).eval()
    copy.load_state_dict(network.state_dict())
    return ServedWav2Lip(copy, **form)


@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("by_products", [False, True])
@torch.inference_mode()
def test_whole_and_mouth_equal_the_network(network, count, by_products):
    mel, face = given(count)
    wanted = network(mel, face)
    assert wanted.std() > 0.05  # else nothing would be shown
    whole = fresh(network, mouth_only=False, by_products=by_products)(mel, face)
    mouth = fresh(network, mouth_only=True, by_products=by_products)(mel, face)
    assert (whole - wanted).abs().max() <= 1e-4
    assert (mouth - wanted)[:, :, FIRST_ROW:].abs().max() <= 1e-4
    assert torch.equal(mouth[:, :, :FIRST_ROW], face[:, 3:, :FIRST_ROW])


@torch.inference_mode()
def test_one_face_is_encoded_once(network):
    mel, face = given(3)
    served, seen = fresh(network, mouth_only=True, by_products=False), []
    for block in served.encoder[0]:
        block.conv_block.register_forward_pre_hook(lambda module, args: seen.append(len(args[0])))
    copies = served(mel, face[:1].expand(3, -1, -1, -1))
    assert torch.allclose(served(mel, face[:1]), copies, atol=1e-6)
    assert seen == [3, 1]


def test_which_convolutions_are_replaced(network):
    served = fresh(network, mouth_only=False, by_products=True)
    named = {kind: [name for name, one in served.named_modules() if isinstance(one, kind)] for kind in REPLACED}
    assert named[WinogradConv] == [f"decoder.2.{block}.conv_block.0" for block in (1, 2)]  # 128 channels at this width
    assert named[TransposedByProduct] == [f"decoder.{stage}.0.conv_block.0" for stage in (1, 2)]
    assert not any(isinstance(module, REPLACED) for module in network.modules())
