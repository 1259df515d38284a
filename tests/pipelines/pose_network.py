"""A stand-in for PC-AVS whose pictures tell which codes they were made from, and clips that it can read."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import nn

from talkface.media import VideoWriter

STEP = 6  # grey levels from one numbered picture to the next
FIRST = 20


def grey(number: int) -> int:
    return FIRST + STEP * number


def number_of(level: float) -> float:
    return (level - FIRST) / STEP


def flat(number: int, size: tuple[int, int] = (224, 224)) -> np.ndarray:
    return np.full((*size, 3), grey(number), np.uint8)


def flat_clip(path: Path, count: int, fps: int = 25, first: int = 0, audio=None) -> Path:
    """A 224x224 video whose picture k is grey level `grey(first + k)`."""
    with VideoWriter(path, width=224, height=224, fps=Fraction(fps), crf=1, audio=audio) as writer:
        for number in range(count):
            writer.write(flat(first + number))
    return path


class TellingNetwork(nn.Module):
    """Codes are brightnesses. A picture's left third shows the pose, the middle the content, the right the identity."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = {"identity": 0, "pose": 0, "mouth": 0, "content": 0, "generate": 0}

    def encode_identity(self, image):
        self.calls["identity"] += 1
        return image.mean()

    def encode_pose(self, images):
        self.calls["pose"] += len(images)
        return images.mean(dim=(1, 2, 3))[:, None].expand(-1, 12)

    def encode_mouth(self, images):
        self.calls["mouth"] += len(images)
        return images.mean(dim=(1, 2, 3))[:, None].expand(-1, 512)

    def encode_content(self, mels):
        assert mels.shape[1:] == (1, 80, 20) and mels.dtype == torch.float32
        self.calls["content"] += len(mels)
        return mels.mean(dim=(1, 2, 3))[:, None].expand(-1, 512)

    def generate(self, identity, content_code, pose_code, content_scale=1.2):
        self.calls["generate"] += len(pose_code)
        assert len(content_code) == len(pose_code)
        picture = torch.zeros(len(pose_code), 3, 224, 224)
        for start, value in ((0, pose_code[:, 0]), (75, content_scale * content_code[:, 0])):
            picture[:, :, :, start : start + 75] = value[:, None, None, None]
        picture[:, :, :, 150:] = identity
        return picture


def told(image: np.ndarray) -> tuple[float, float, float]:
    """(pose, content, identity) of a telling picture, as numbers of flat pictures."""
    return tuple(number_of(float(image[100:120, start : start + 40].mean())) for start in (15, 90, 170))
