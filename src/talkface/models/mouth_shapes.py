"""Sound as the shape of a mouth: six numbers between a generator's ears and its brush. Ours.

Beside the sound stand the pictures of a face, seven stages of them: a decoder that is given both learns the face and
leaves the sound, which is right only now and then. Given the shape itself, which drawn corpora know, it learns to draw
that mouth and no mean of several; which shape a sound has is learnt apart.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from talkface.models.mouth_reader import PARAMETERS


class MouthShapes(nn.Module):
    """Reads a shape from an audio embedding, and steers the decoder's stages by it: scale and shift of each channel.

    embedding: channels of the audio embedding. stages: channels that each decoder stage gives.
    """

    def __init__(self, embedding: int, stages: Sequence[int]) -> None:
        super().__init__()
        self.read = nn.Linear(embedding, PARAMETERS)
        self.say = nn.Linear(PARAMETERS, embedding)
        self.stages = nn.ModuleList(nn.Linear(embedding, 2 * channels) for channels in stages)

    def hear(self, embedding: Tensor) -> Tensor:
        """(N, C, 1, 1) → (N, 6) in [0, 1], columns as in `drawn.MouthShape`."""
        return torch.sigmoid(self.read(embedding.flatten(1)))

    def said(self, shape: Tensor) -> Tensor:
        """(N, 6) → (N, C, 1, 1), what the decoder starts from and its stages are steered by."""
        return relu(self.say(shape))[:, :, None, None]

    def steer(self, number: int, x: Tensor, said: Tensor) -> Tensor:
        """What stage `number` gave, (N, channels, H, W), as the mouth wants it."""
        scale, shift = self.stages[number](said.flatten(1))[:, :, None, None].chunk(2, dim=1)
        steered: Tensor = x * (1 + scale) + shift
        return steered
