"""Wav2Lip's generator: sound + masked face + reference face → face.

Source: Wav2Lip (Rudrabha, 5c90fa9), paper 2008.10010.
Three parts: a face encoder whose seven stages are kept as skips, an audio encoder down to 1×1, and a decoder that
starts from the audio embedding and appends one skip after each stage (decoder output first, then skip; last encoder
stage first). Ours are `blend`, where a fourth channel says how much of each pixel is painted over the given face, and
`shapes`, where the sound comes to the decoder as the shape of a mouth.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from talkface.models.blocks import (
    SMALLEST_LAYER,
    Layer,
    Width,
    build_chain,
    check_width,
    fold_time,
    residuals,
    unfold_time,
    upsample,
)
from talkface.models.mouth_shapes import MouthShapes
from talkface.models.network import TableNetwork

FACE_CHANNELS = 6  # masked target frame, then reference frame
IMAGE_CHANNELS = 3

FACE_ENCODER: tuple[tuple[Layer, ...], ...] = (
    (Layer(16, kernel=7, padding=3),),  # 96×96
    (Layer(32, stride=2), *residuals(32, 2)),  # 48×48
    (Layer(64, stride=2), *residuals(64, 3)),  # 24×24
    (Layer(128, stride=2), *residuals(128, 2)),  # 12×12
    (Layer(256, stride=2), *residuals(256, 2)),  # 6×6
    (Layer(512, stride=2), *residuals(512, 1)),  # 3×3
    (Layer(512, padding=0), Layer(512, kernel=1, padding=0)),  # 1×1
)
FACE_DECODER: tuple[tuple[Layer, ...], ...] = (
    (Layer(512, kernel=1, padding=0),),  # 1×1
    (Layer(512, padding=0, kind="transposed"), *residuals(512, 1)),  # 3×3
    (upsample(512), *residuals(512, 2)),  # 6×6
    (upsample(384), *residuals(384, 2)),  # 12×12
    (upsample(256), *residuals(256, 2)),  # 24×24
    (upsample(128), *residuals(128, 2)),  # 48×48
    (upsample(64), *residuals(64, 2)),  # 96×96
)
OUTPUT_CHANNELS = 32
COVERED = 0.9  # of each pixel, where plain weights go on with `blend`


def audio_layers(deep_residuals: int) -> tuple[Layer, ...]:
    """Audio encoder, (1, 80, 16) → (512, 1, 1). The expert has two residual rows at 256 channels."""
    return (
        *(Layer(32), *residuals(32, 2)),  # 80×16
        *(Layer(64, stride=(3, 1)), *residuals(64, 2)),  # 27×16
        *(Layer(128, stride=3), *residuals(128, 2)),  # 9×6
        *(Layer(256, stride=(3, 2)), *residuals(256, deep_residuals)),  # 3×3
        *(Layer(512, padding=0), Layer(512, kernel=1, padding=0)),  # 1×1
    )


def build_encoder(width: Width) -> nn.ModuleList:
    """Face encoder stages."""
    stages, channels = nn.ModuleList(), FACE_CHANNELS
    for layers in FACE_ENCODER:
        stages.append(build_chain(channels, layers, width))
        channels = width.of(layers[-1].channels)
    return stages


def build_decoder(width: Width) -> tuple[nn.ModuleList, int]:
    """Decoder stages, and the channels after the last skip is appended."""
    stages, channels = nn.ModuleList(), width.of(audio_layers(1)[-1].channels)
    for layers, skip in zip(FACE_DECODER, reversed(FACE_ENCODER), strict=True):
        stages.append(build_chain(channels, layers, width))
        channels = width.of(layers[-1].channels) + width.of(skip[-1].channels)
    return stages, channels


class Wav2LipGenerator(TableNetwork):
    """Makes the lower half of a face say the sound.

    `width` scales hidden layers (1: official, 36 M parameters), of which none has fewer channels than `least`.
    `blend` (official: False): the face that was given shows where the network paints nothing (see `blended`), so that
    lines stay as sharp as they were and a small network learns mouths alone. `shapes` (official: False), with it
    `drawings` and `lean`: see `MouthShapes`.
    """

    def __init__(
        self,
        width: float = 1.0,
        least: int = SMALLEST_LAYER,
        blend: bool = False,
        shapes: bool = False,
        drawings: Sequence[Sequence[float]] = (),
        lean: float = 0.0,
    ) -> None:
        super().__init__()
        size = check_width(width, least)
        self.width, self.least, self.blend = size.times, size.least, blend
        self.face_encoder_blocks = build_encoder(size)
        self.audio_encoder = build_chain(1, audio_layers(1), size)
        self.face_decoder_blocks, channels = build_decoder(size)
        last = Layer(OUTPUT_CHANNELS)
        painted = nn.Conv2d(size.of(last.channels), IMAGE_CHANNELS + blend, 1)
        self.output_block = nn.Sequential(*build_chain(channels, (last,), size), painted, nn.Sigmoid())
        given = [size.of(layers[-1].channels) for layers in FACE_DECODER]
        embedding = size.of(audio_layers(1)[-1].channels)
        self.shapes = MouthShapes(embedding, given, drawings, lean) if shapes else None

    @property
    def config(self) -> dict[str, Any]:
        ours: dict[str, Any] = {"blend": self.blend, "shapes": self.shapes is not None}
        if self.shapes is not None and self.shapes.lean:
            ours |= {"drawings": self.shapes.rows, "lean": self.shapes.lean}
        return {**super().config, **{name: value for name, value in ours.items() if value}}

    def adopted(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Weights without `blend` get its channel: at first `COVERED` of every pixel is painted, as without it."""
        adopted = super().adopted(state)
        weight, bias = (f"output_block.1.{name}" for name in ("weight", "bias"))
        if self.blend and len(adopted[bias]) == IMAGE_CHANNELS:
            adopted[weight] = torch.cat((adopted[weight], torch.zeros_like(adopted[weight][:1])))
            adopted[bias] = torch.cat((adopted[bias], torch.logit(adopted[bias].new_tensor([COVERED]))))
        return adopted

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        """Generated faces in [0, 1], colour order as the weights have it (ours RGB, official BGR).

        mel: (N, 1, 80, 16) float32 in [-4, 4]. face: (N, 6, 96, 96) float32 in [0, 1]: masked frame, reference frame.
        Five-dimensional form: mel (B, T, 1, 80, 16), face (B, 6, T, 96, 96) → (B, 3, T, 96, 96).
        """
        if face.ndim == 4:
            return self.generate(mel, face)
        return unfold_time(self.generate(fold_time(mel, 1), fold_time(face, 2)), face.shape[0])

    def generate(self, mel: Tensor, face: Tensor) -> Tensor:
        """The 4-D form. mel: (N, 1, 80, 16), face: (N, 6, 96, 96) → (N, 3, 96, 96)."""
        heard = self.hear(mel)
        return self.draw(heard if self.shapes is None else self.shapes.leant(heard), face)

    def hear(self, mel: Tensor) -> Tensor:
        """(N, 1, 80, 16) → the audio embedding, (N, C, 1, 1); with `shapes` that of a mouth, (N, 6) in [0, 1]."""
        embedding: Tensor = self.audio_encoder(mel)
        return embedding if self.shapes is None else self.shapes.hear(embedding)

    def draw(self, heard: Tensor, face: Tensor) -> Tensor:
        """heard: as `hear` gives it. face: (N, 6, 96, 96) → (N, 3, 96, 96)."""
        skips: list[Tensor] = []
        seen = face
        for stage in self.face_encoder_blocks:
            seen = stage(seen)
            skips.append(seen)
        x = said = heard if self.shapes is None else self.shapes.said(heard)
        for number, (stage, skip) in enumerate(zip(self.face_decoder_blocks, reversed(skips), strict=True)):
            x = stage(x)
            if self.shapes is not None:
                x = self.shapes.steer(number, x, said)
            x = torch.cat((x, skip), dim=1)
        painted: Tensor = self.output_block(x)
        return blended(painted, face) if self.blend else painted


def blended(painted: Tensor, face: Tensor, first_row: int = 0) -> Tensor:
    """What was painted over the given face: the target's upper half, the reference's lower half.

    painted: (N, 4, rows, 96) in [0, 1], picture and how much of it covers. face: (N or 1, 6, 96, 96), masked target and
    reference. first_row: of the 96, which `painted` begins with. Returns (N, 3, rows, 96).
    """
    half = face.shape[-2] // 2
    given = torch.cat((face[..., :IMAGE_CHANNELS, :half, :], face[..., IMAGE_CHANNELS:, half:, :]), dim=-2)
    given = given[..., first_row:, :]
    return given + painted[:, IMAGE_CHANNELS:] * (painted[:, :IMAGE_CHANNELS] - given)
