"""Who it is: one picture → identity code and identity map.

Source: netV of PC-AVS, a ResNeXt-50 32×4d (Xie et al. 2017). Written here rather than taken from
torchvision: the same layers under the same names, without the seconds that importing torchvision takes.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from talkface.models.network import Network
from talkface.models.pcavs.modulation import SLOPE
from talkface.models.pcavs.sizes import MAP_SIZES, PICTURE_SIZE, CodeSizes, check_size, scaled

DEPTHS = (3, 4, 6, 3)  # blocks of each stage
GROUPS = 32


class Bottleneck(nn.Module):
    """1×1 → grouped 3×3 → 1×1, each with a norm, beside a shortcut. (N, C, H, W) → (N, C', H/stride, W/stride)."""

    def __init__(self, in_channels: int, inner: int, out_channels: int, *, stride: int, groups: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(in_channels, inner, 1, bias=False), nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = nn.Conv2d(inner, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or in_channels != out_channels:
            shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        shortcut: Tensor = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.bn3(self.conv3(y)) + shortcut)


class ResNeXt(nn.Module):
    """Backbone: (N, 3, size, size) → (N, 2048·width, map, map), map = `MAP_SIZES[size]`, for both code and map.

    At 112 the first pooling keeps the size.
    """

    map_channels = 2048  # at width 1

    def __init__(self, width: float, size: int) -> None:
        super().__init__()
        channels, groups = scaled(64, width), scaled(GROUPS, width)
        self.conv1, self.bn1 = nn.Conv2d(3, channels, 7, 2, 3, bias=False), nn.BatchNorm2d(channels)
        self.maxpool = nn.MaxPool2d(3, 2 if size == PICTURE_SIZE else 1, 1)
        for stage, depth in enumerate(DEPTHS):
            inner, out_channels = scaled(128, width) * 2**stage, scaled(256, width) * 2**stage
            blocks: list[nn.Module] = []
            for number in range(depth):
                stride = 2 if stage and not number else 1
                blocks.append(Bottleneck(channels, inner, out_channels, stride=stride, groups=groups))
                channels = out_channels
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x: Tensor = self.maxpool(torch.relu(self.bn1(self.conv1(image))))
        for stage in range(len(DEPTHS)):
            x = self.get_submodule(f"layer{stage + 1}")(x)
        return x, x


class PlainBackbone(nn.Module):
    """For pictures of 64: (N, 3, 64, 64) → (N, 2048·width, 4, 4) for the code, (N, 512·width, 16, 16) for the map.

    Ours: of an eighth's width the ResNeXt lets so little of a small picture through that the generator behind it stays
    blurred (docs/reproduce.md), and takes three times as long.
    """

    map_channels = 512  # at width 1

    def __init__(self, width: float) -> None:
        super().__init__()
        at_map, at_code = ([scaled(channels, width) for channels in sizes] for sizes in ((128, 256, 512), (1024, 2048)))
        self.to_map = nn.Sequential(plain_block(3, at_map[0], stride=1), *chain(at_map))
        self.to_code = nn.Sequential(*chain([at_map[-1], *at_code]))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        of_map = self.to_map(image)
        return self.to_code(of_map), of_map


def chain(channels: Sequence[int]) -> list[nn.Sequential]:
    """Blocks from each of these numbers of channels to the next, each to half the size."""
    return [plain_block(*pair, stride=2) for pair in pairwise(channels)]


def plain_block(in_channels: int, out_channels: int, *, stride: int) -> nn.Sequential:
    """3×3 → norm → leaky ReLU. (N, C, H, W) → (N, C', H/stride, W/stride)."""
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.LeakyReLU(SLOPE))


class IdentityEncoder(Network):
    """`width` scales all layers (1: official, 23 M parameters). speakers: rows of the training head `fc`; 0: none.

    size: side of the pictures, 224, 112 or 64.
    """

    def __init__(self, width: float = 1.0, size: int = PICTURE_SIZE, *, speakers: int = 0) -> None:
        super().__init__()
        self.width, self.size, sizes = width, check_size(size), CodeSizes(width)
        self.map_size = MAP_SIZES[size]
        self.model = PlainBackbone(width) if size == min(MAP_SIZES) else ResNeXt(width, size)
        self.conv1x1 = nn.Conv2d(scaled(self.model.map_channels, width), sizes.identity_map, 1)
        if speakers:
            self.fc = nn.Linear(sizes.identity, speakers)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(identity_code (N, 2048·width), identity_map (N, 512·width, map, map)), map = `MAP_SIZES[size]`.

        image: (N, 3, size, size) float32 RGB in [-1, 1], or (N, K, 3, size, size): K pictures of one person, whose
        codes and maps are averaged.
        """
        several = image.ndim == 5
        of_code, of_map = self.model(image.flatten(0, 1) if several else image)
        code, identity_map = of_code.mean((2, 3)), adaptive_avg_pool2d(self.conv1x1(of_map), self.map_size)
        if several:
            code, identity_map = (x.unflatten(0, image.shape[:2]).mean(1) for x in (code, identity_map))
        return code, identity_map
