"""Wav2Lip's generator as it is served on a CPU: the same numbers with less work.

Batch norms are expected folded. Large 3×3 convolutions go through `winograd`, transposed ones of tiny maps through
`products`. Where only the mouth is pasted, the last stages draw only the rows that it needs: a stage whose upper rows
are cut off gives wrong values in the first rows it draws, one a 3×3 layer, and each cut lies that many rows above what
is wanted.
"""

import torch
from torch import Tensor, nn

from talkface.models.blocks import ConvBlock, TransposedBlock
from talkface.models.products import replace_transposed
from talkface.models.wav2lip import FACE_ENCODER, IMAGE_CHANNELS, Wav2LipGenerator, blended
from talkface.models.winograd import replace_convolutions

FIRST_ROW = 40  # of 96: rows of the picture from here on are drawn by a mouth-only generator
CUTS = {4: 3, 5: 8, 6: 18}
"""Decoder stage → first row of its input (12, 24 and 48 rows high) that is kept. Backwards from row 40: the output
block's 3×3 layer needs 39; stage 6 draws from 36, true from 38; stage 5 from 16, true from 18; stage 4 from 6, true
from 8."""
TINY_STAGES = range(1, 3)  # their transposed layers take maps of 1×1 and 3×3
WINOGRAD_STAGES = range(2, 6)  # before them maps are too small to gain, after them layers too narrow


class ServedWav2Lip(nn.Module):
    """Twin of a `Wav2LipGenerator` for inference, made of its modules.

    mouth_only: rows above `FIRST_ROW` are those of the reference frame instead of generated ones. by_products: what
    gains by it is computed as matrix products, for float32 on a CPU.
    """

    def __init__(self, generator: Wav2LipGenerator, *, mouth_only: bool, by_products: bool) -> None:
        super().__init__()
        self.encoder, self.hearing = generator.face_encoder_blocks, generator.audio_encoder
        self.decoder, self.last = generator.face_decoder_blocks, generator.output_block
        self.blend, self.shapes = generator.blend, generator.shapes
        self.cuts, self.first_row = (CUTS, FIRST_ROW) if mouth_only else ({}, 0)
        if by_products:
            for number in TINY_STAGES:
                replace_transposed(self.decoder[number])
            for number in WINOGRAD_STAGES:
                replace_convolutions(self.decoder[number])

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        """mel: (N, 1, 80, 16). face: (N, 6, 96, 96) in [0, 1], or (1, …) for all. Returns (N, 3, 96, 96) in [0, 1]."""
        skips: list[Tensor] = []
        x = face
        for stage in self.encoder:
            x = run_blocks(stage, x)
            skips.append(x.expand(mel.shape[0], -1, -1, -1))
        x, top = run_blocks(self.hearing, mel), 0
        if self.shapes is not None:
            x = said = self.shapes.said(self.shapes.leant(self.shapes.hear(x)))
        for number, stage in enumerate(self.decoder):
            cut = self.cuts.get(number, top)
            x, top = run_blocks(stage, x[:, :, cut - top :]), 2 * cut
            if self.shapes is not None:
                x = self.shapes.steer(number, x, said)
            x = torch.cat((x, skips[len(FACE_ENCODER) - 1 - number][:, :, top:]), dim=1)
        picture: Tensor = run_blocks(self.last, x)
        if self.blend:
            picture = blended(picture, face, top)
        if self.first_row == 0:
            return picture
        above = face[:, IMAGE_CHANNELS:, : self.first_row].expand(mel.shape[0], -1, -1, -1)
        return torch.cat((above, picture[:, :, self.first_row - top :]), dim=2)


def run_blocks(blocks: nn.Module, x: Tensor) -> Tensor:
    """The blocks of a Sequential in order; those that end in sum and ReLU do both in place."""
    for block in blocks.children():
        if isinstance(block, (ConvBlock, TransposedBlock)):
            y = block.conv_block(x)
            x = (y.add_(x) if isinstance(block, ConvBlock) and block.residual else y).relu_()
        else:
            x = block(x)
    return x
