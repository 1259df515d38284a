"""VGG-19 feature maps for the perceptual loss, from a local weights file.

Source: Simonyan & Zisserman 2015, keys as torchvision has them.
Nothing is downloaded: the file is torchvision's `vgg19-dcbb9e9d.pth` or any state dict with its `features.*` tensors.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from talkface.models.network import Network
from talkface.models.strict import load_strictly
from talkface.models.upstream.reading import plain_state, read_pickle

# Channels of the convolutions (3×3, ReLU) of each block; a 2×2 max pool stands between blocks.
BLOCKS: tuple[tuple[int, ...], ...] = ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,))
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB


class VggFeatures(Network):
    """Frozen: RGB picture → the map after the first ReLU of each of the five blocks (relu1_1 … relu5_1)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        self.taken: list[int] = []
        channels = 3
        for block in BLOCKS:
            self.taken.append(len(layers) + 1)
            for out_channels in block:
                layers += [nn.Conv2d(channels, out_channels, 3, padding=1), nn.ReLU()]
                channels = out_channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers[: self.taken[-1] + 1])
        self.register_buffer("mean", torch.tensor(MEAN).reshape(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).reshape(3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """image: (N, 3, H, W) float32 RGB in [0, 1], H, W ≥ 16 → five maps, (N, 64, H, W) to (N, 512, H/16, W/16)."""
        x, maps = (image - self.mean) / self.deviation, []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.taken:
                maps.append(x)
        return maps


def load_vgg(state_or_path: Mapping[str, Tensor] | Path | str) -> VggFeatures:
    """Frozen VGG-19 features in eval mode. InputError: file missing, unsafe, or without the `features.*` tensors."""
    where: object = "the given state dict"
    content: object = state_or_path
    if isinstance(state_or_path, str | Path):
        where, content = state_or_path, read_pickle(Path(state_or_path))
    network = VggFeatures()
    wanted = network.state_dict()
    state = {key: tensor for key, tensor in plain_state(content, where).items() if key in wanted}
    load_strictly(network, state, where)
    return network.requires_grad_(False).eval()
