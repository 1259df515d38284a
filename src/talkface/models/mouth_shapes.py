"""Sound as the shape of a mouth: six numbers between a generator's ears and its brush. Ours.

Beside the sound stand the pictures of a face, seven stages of them: a decoder that is given both learns the face and
leaves the sound, which is right only now and then. Given the shape itself, which drawn corpora know, it learns to draw
that mouth and no mean of several; which shape a sound has is learnt apart.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from talkface.errors import InputError
from talkface.models.mouth_reader import PARAMETERS


class MouthShapes(nn.Module):
    """Reads a shape from an audio embedding, and steers the decoder's stages by it: scale and shift of each channel.

    embedding: channels of the audio embedding. stages: channels that each decoder stage gives. drawings: mouths that a
    heard one leans to, rows of six. lean: how far towards the nearest of them, in [0, 1].
    """

    drawings: Tensor

    def __init__(
        self, embedding: int, stages: Sequence[int], drawings: Sequence[Sequence[float]] = (), lean: float = 0.0
    ) -> None:
        super().__init__()
        if not 0 <= lean <= 1 or (lean and not drawings) or any(len(row) != PARAMETERS for row in drawings):
            given = f"lean={lean}, {len(drawings)} drawings"
            raise InputError(given, "generator", f"give lean from 0 to 1, and drawings of {PARAMETERS} numbers")
        self.lean, self.rows = lean, [[float(number) for number in row] for row in drawings]
        self.register_buffer("drawings", torch.tensor(self.rows), persistent=False)
        self.read = nn.Linear(embedding, PARAMETERS)
        self.say = nn.Linear(PARAMETERS, embedding)
        self.stages = nn.ModuleList(nn.Linear(embedding, 2 * channels) for channels in stages)

    def hear(self, embedding: Tensor) -> Tensor:
        """(N, C, 1, 1) → (N, 6) in [0, 1], columns as in `drawn.MouthShape`."""
        return torch.sigmoid(self.read(embedding.flatten(1)))

    def leant(self, shape: Tensor) -> Tensor:
        """(N, 6) → (N, 6) in [0, 1], nearer to the drawing that an animator would take.

        Drawn mouths are drawings: one between two of them belongs to neither, and its viseme cannot be told.
        """
        if not self.lean:
            return shape
        nearest = (shape[:, None] - self.drawings).abs().mean(2).argmin(1)
        return shape + self.lean * (self.drawings[nearest] - shape)

    def said(self, shape: Tensor) -> Tensor:
        """(N, 6) → (N, C, 1, 1), what the decoder starts from and its stages are steered by."""
        return relu(self.say(shape))[:, :, None, None]

    def steer(self, number: int, x: Tensor, said: Tensor) -> Tensor:
        """What stage `number` gave, (N, channels, H, W), as the mouth wants it."""
        scale, shift = self.stages[number](said.flatten(1))[:, :, None, None].chunk(2, dim=1)
        steered: Tensor = x * (1 + scale) + shift
        return steered
