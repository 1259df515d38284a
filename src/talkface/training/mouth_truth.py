"""What drawn clips teach a generator beside their pictures: the shapes that their mouths were drawn with."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, pad

from talkface.batch import GeneratorBatch
from talkface.losses import known_difference
from talkface.models.blocks import fold_time
from talkface.models.mouth_reader import PARAMETERS

_SHIFT = 3  # pixels


class MouthTruth(nn.Module):
    """Two losses in the six numbers of `drawn.MouthShape`, L1, over the mouths whose shape is known.

    ``heard``: read from the audio embedding by a linear layer that only training knows, so that the sound means mouths
    long before the pictures show them. ``drawn``: read from the made picture by a frozen `MouthReader`.
    """

    def __init__(self, reader: nn.Module, embedding: int) -> None:
        """embedding: channels of the audio embedding."""
        super().__init__()
        self.reader = reader.requires_grad_(False)
        self.listening = nn.Linear(embedding, PARAMETERS)
        self.train()

    def train(self, mode: bool = True) -> "MouthTruth":
        """The reader stays in evaluation mode."""
        super().train(mode)
        self.reader.eval()
        return self

    def losses(self, generated: Tensor, batch: GeneratorBatch, audio_encoder: nn.Module) -> dict[str, Tensor]:
        """generated: (B, T, 3, 96, 96) in [0, 1]. Both 0 for a batch without truth."""
        if batch.shape is None:
            return dict.fromkeys(("heard", "drawn"), generated.new_zeros(()))
        known = fold_time(batch.shape, 1)
        heard = torch.sigmoid(self.listening(audio_encoder(fold_time(batch.mels, 1)).flatten(1)))
        faces = fold_time(generated, 1)
        read = self.reader(softened(faces[..., faces.shape[-2] // 2 :, :]))
        return {"heard": known_difference(heard, known), "drawn": known_difference(read, known)}


def softened(mouths: Tensor) -> Tensor:
    """(N, 3, H, W) pictures, each pixel the mean of nine, all moved by the same few pixels.

    Read as they are, a generator soon draws stripes of one pixel that look like an open mouth to the reader alone.
    """
    smooth = avg_pool2d(pad(mouths, (1, 1, 1, 1), mode="replicate"), 3, 1)
    down, right = torch.randint(-_SHIFT, _SHIFT + 1, (2,)).tolist()
    return torch.roll(smooth, (down, right), (2, 3))
