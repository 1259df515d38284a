"""Sizes that the networks of PC-AVS share. Every official layer has a multiple of 32 channels, so widths are 32nds."""

from dataclasses import dataclass

from talkface.errors import InputError
from talkface.models.blocks import check_width

POSE_SIZE = 12  # of the pose code at any width: so little that identity cannot hide in it
PICTURE_SIZE = 224
MAP_SIZES = {64: 16, 112: 7, PICTURE_SIZE: 7}
"""Sides of pictures that the networks can be built for → side of the identity map, where the generator starts."""


def scaled(channels: int, width: float) -> int:
    """Channels of a layer that officially has `channels`, a multiple of 32; at least 1/32 of them."""
    return channels // 32 * max(1, round(32 * check_width(width).times))


def check_size(size: int) -> int:
    """`size` itself if the networks can be built for pictures of that side; InputError otherwise."""
    if size not in MAP_SIZES:
        raise InputError("no PC-AVS network for this size", f"size={size}", f"use one of {tuple(MAP_SIZES)}")
    return size


@dataclass(frozen=True)
class CodeSizes:
    """Lengths of the codes at `width` (1: official)."""

    width: float = 1.0

    @property
    def identity(self) -> int:
        """Of the identity code: 2048."""
        return scaled(2048, self.width)

    @property
    def identity_map(self) -> int:
        """Channels of the identity map: 512."""
        return scaled(512, self.width)

    @property
    def motion(self) -> int:
        """Of the motion code and of the content code: 512."""
        return scaled(512, self.width)

    @property
    def content_embedding(self) -> int:
        """Of content as the generator takes it: 500, so that it and the pose code fill a motion code."""
        return self.motion - POSE_SIZE

    @property
    def style(self) -> int:
        """Of identity code, content embedding and pose code in a row: 2560."""
        return self.identity + self.content_embedding + POSE_SIZE
