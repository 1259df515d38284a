"""How the head is held and what the mouth does: one picture → motion, content and pose codes.

Source: netE of PC-AVS, the face alignment network of Bulat & Tzimiropoulos 2017 with heads of its own.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, interpolate, max_pool2d

from talkface.models.network import Network
from talkface.models.pcavs.sizes import MAP_SIZES, PICTURE_SIZE, POSE_SIZE, CodeSizes, check_size, scaled

HOURGLASS_DEPTH = 4
HEATMAPS = 68
DROPOUT = 0.5  # of the hourglass' upper branches, the original's
LATER_PARTS = ("mouth_embed",)
"""Parts of `MotionEncoder` that only stage 3 uses."""
_COVER_TOP, _COVER_LEFT = 0.53, 0.22  # parts of the side: the template has the nose above, the mouth at .62


class MotionCodes(NamedTuple):
    """motion_code (N, 512) raw feature; content_code (N, 512); content_embedding (N, 500); pose_code (N, 12)."""

    motion_code: Tensor
    content_code: Tensor
    content_embedding: Tensor
    pose_code: Tensor


class PreBlock(nn.Module):
    """Three norm → ReLU → 3×3 in a row, their outputs side by side, beside a shortcut. (N, C, H, W) → (N, C', H, W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half, quarter = out_channels // 2, out_channels // 4
        self.bn1, self.conv1 = nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, half, 3, padding=1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(half), nn.Conv2d(half, quarter, 3, padding=1, bias=False)
        self.bn3, self.conv3 = nn.BatchNorm2d(quarter), nn.Conv2d(quarter, quarter, 3, padding=1, bias=False)
        self.downsample: nn.Sequential | None = None
        if in_channels != out_channels:
            shortcut = nn.Conv2d(in_channels, out_channels, 1, bias=False)
            self.downsample = nn.Sequential(nn.BatchNorm2d(in_channels), nn.ReLU(), shortcut)

    def forward(self, x: Tensor) -> Tensor:
        first = self.conv1(torch.relu(self.bn1(x)))
        second = self.conv2(torch.relu(self.bn2(first)))
        third = self.conv3(torch.relu(self.bn3(second)))
        return torch.cat([first, second, third], 1) + (x if self.downsample is None else self.downsample(x))


class Hourglass(nn.Module):
    """Four halvings and back, a branch at every size. (N, C, 56, 56) → same."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        for level in range(HOURGLASS_DEPTH, 0, -1):
            self.add_module(f"b1_{level}", PreBlock(channels, channels))
            self.add_module(f"b2_{level}", PreBlock(channels, channels))
        self.b2_plus_1 = PreBlock(channels, channels)
        for level in range(1, HOURGLASS_DEPTH + 1):
            self.add_module(f"b3_{level}", PreBlock(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return self._level(HOURGLASS_DEPTH, x)

    def _level(self, level: int, x: Tensor) -> Tensor:
        upper = dropout(self.get_submodule(f"b1_{level}")(x), self.dropout, self.training)
        lower = self.get_submodule(f"b2_{level}")(max_pool2d(x, 2))
        lower = self._level(level - 1, lower) if level > 1 else self.b2_plus_1(lower)
        lower = self.get_submodule(f"b3_{level}")(lower)
        # The smallest step is 7 → 3 → 7, so the size is given, not a factor.
        return upper + interpolate(lower, size=upper.shape[-2:], mode="bilinear", align_corners=False)


class FaceAlignmentNetwork(nn.Module):
    """Backbone: (N, 3, size, size) → (N, motion). At 64 the heatmaps are not halved on their way to the code."""

    def __init__(self, width: float, motion: int, size: int, dropout: float) -> None:
        super().__init__()
        stem, middle, full = (scaled(channels, width) for channels in (64, 128, 256))
        self.conv1, self.bn1 = nn.Conv2d(3, stem, 7, 2, 3), nn.BatchNorm2d(stem)
        self.conv2, self.conv3, self.conv4 = PreBlock(stem, middle), PreBlock(middle, middle), PreBlock(middle, full)
        self.m0, self.top_m_0 = Hourglass(full, dropout), PreBlock(full, full)
        self.conv_last0, self.l0 = nn.Conv2d(full, full, 1), nn.Conv2d(full, HEATMAPS, 1)
        self.bn_end0 = nn.BatchNorm2d(full)
        stride = 1 if size == min(MAP_SIZES) else 2
        self.conv6 = nn.Conv2d(HEATMAPS, 1, 3, stride, 1)
        self.fc = nn.Linear((size // (4 * stride)) ** 2, motion)
        self.bn5 = nn.BatchNorm2d(HEATMAPS)

    def heatmaps(self, image: Tensor) -> Tensor:
        """(N, 68, size/4, size/4): what `forward` goes through; a landmark network's output before training on."""
        x = torch.relu(self.bn1(self.conv1(image)))
        x = self.conv4(self.conv3(max_pool2d(self.conv2(x), 2)))
        maps: Tensor = self.l0(torch.relu(self.bn_end0(self.conv_last0(self.top_m_0(self.m0(x))))))
        return maps

    def forward(self, image: Tensor) -> Tensor:
        return self.read(self.heatmaps(image))

    def read(self, heatmaps: Tensor) -> Tensor:
        """The code of these heatmaps, (N, motion)."""
        x = torch.relu(self.bn5(heatmaps))
        motion: Tensor = self.fc(torch.relu(self.conv6(x).flatten(1)))
        return motion


class MotionEncoder(Network):
    """`width` scales all layers but the 68 heatmaps and the pose code (1: official, 8 M parameters).

    size: side of the pictures, 224, 112 or 64. speakers: outputs of the three heads that only training knows
    (`classifier`, `mouth_fc`, `headpose_fc`); 0: none. clip_frames: frames whose codes the last two take in a row.
    dropout: share of the hourglass' upper branches that training leaves out. cover_mouth: ours, poses are read from
    pictures whose mouth and chin are covered, so that a pose code cannot say how the mouth is held; the original leaves
    that to its training.
    """

    def __init__(
        self,
        width: float = 1.0,
        size: int = PICTURE_SIZE,
        *,
        speakers: int = 0,
        clip_frames: int = 1,
        dropout: float = DROPOUT,
        cover_mouth: bool = False,
    ) -> None:
        super().__init__()
        self.width, self.size, sizes = width, check_size(size), CodeSizes(width)
        self.cover_mouth = cover_mouth
        self.model = FaceAlignmentNetwork(width, sizes.motion, size, dropout)
        if speakers:
            self.classifier = two_layers(sizes.motion, speakers)
        self.to_mouth = two_layers(sizes.motion, sizes.motion)
        self.mouth_embed = nn.Sequential(nn.ReLU(), nn.Linear(sizes.motion, sizes.content_embedding))
        if speakers:
            self.mouth_fc = nn.Sequential(nn.ReLU(), nn.Linear(sizes.motion * clip_frames, speakers))
        self.to_headpose = two_layers(sizes.motion, sizes.motion)
        self.headpose_embed = nn.Sequential(nn.ReLU(), nn.Linear(sizes.motion, POSE_SIZE))
        if speakers:
            self.headpose_fc = nn.Sequential(nn.ReLU(), nn.Linear(POSE_SIZE * clip_frames, speakers))

    def forward(self, image: Tensor) -> MotionCodes:
        """image: (N, 3, size, size) float32 RGB in [-1, 1]."""
        return self.codes(self.model(image))

    def encode_pose(self, image: Tensor) -> Tensor:
        """Pose codes (N, 12) of aligned pictures, as `forward` takes them."""
        codes: MotionCodes = self(covered(image) if self.cover_mouth else image)
        return codes.pose_code

    def landmarks(self, image: Tensor) -> tuple[Tensor, MotionCodes]:
        """Heatmaps (N, 68, size/4, size/4) and codes of image, as `forward` takes it."""
        heatmaps = self.model.heatmaps(image)
        return heatmaps, self.codes(self.model.read(heatmaps))

    def codes(self, motion: Tensor) -> MotionCodes:
        """What follows from a motion code (N, 512)."""
        content = self.to_mouth(motion)
        return MotionCodes(motion, content, self.embed_content(content), self.headpose_embed(self.to_headpose(motion)))

    def embed_content(self, content_code: Tensor) -> Tensor:
        """(N, 512) content code, of a picture or of sound → (N, 500) as the generator takes it."""
        embedding: Tensor = self.mouth_embed(content_code)
        return embedding


def covered(image: Tensor) -> Tensor:
    """Aligned pictures (N, 3, H, H) in [-1, 1] with grey where alignment puts the mouth and, below it, the chin."""
    side, result = image.shape[-1], image.clone()
    result[:, :, round(_COVER_TOP * side) :, round(_COVER_LEFT * side) : round((1 - _COVER_LEFT) * side)] = 0
    return result


def two_layers(size: int, outputs: int) -> nn.Sequential:
    """Linear (size → size) → ReLU → Linear (size → outputs)."""
    return nn.Sequential(nn.Linear(size, size), nn.ReLU(), nn.Linear(size, outputs))
