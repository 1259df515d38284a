"""Wav2Lip's visual quality discriminator: is this lower half real?

Source: hq_wav2lip of Wav2Lip (Rudrabha, 5c90fa9).
"""

from torch import Tensor, nn

from talkface.models.blocks import Layer, build_chain, check_width, fold_time
from talkface.models.network import Network

STAGES: tuple[tuple[Layer, ...], ...] = (
    (Layer(32, kernel=7, padding=3, kind="plain"),),  # 48×96
    (Layer(64, 5, (1, 2), 2, "plain"), Layer(64, 5, 1, 2, "plain")),  # 48×48
    (Layer(128, 5, 2, 2, "plain"), Layer(128, 5, 1, 2, "plain")),  # 24×24
    (Layer(256, 5, 2, 2, "plain"), Layer(256, 5, 1, 2, "plain")),  # 12×12
    (Layer(512, 3, 2, 1, "plain"), Layer(512, 3, 1, 1, "plain")),  # 6×6
    (Layer(512, 3, 2, 1, "plain"), Layer(512, 3, 1, 1, "plain")),  # 3×3
    (Layer(512, 3, 1, 0, "plain"), Layer(512, 1, 1, 0, "plain")),  # 1×1
)


class QualityDiscriminator(Network):
    """Judges the lower half of each frame alone; no BatchNorm. `width` scales hidden layers (1: official, 14 M)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        size, channels = check_width(width), 3
        self.width = size.times
        self.face_encoder_blocks = nn.ModuleList()
        for layers in STAGES:
            self.face_encoder_blocks.append(build_chain(channels, layers, size))
            channels = size.of(layers[-1].channels)
        self.binary_pred = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Sigmoid())

    def forward(self, frames: Tensor) -> Tensor:
        """Probability that a frame is real: (T·B, 1), row t·B + b. frames: (B, 3, T, 96, 96) float32 in [0, 1]."""
        return self.logits(frames).sigmoid()

    def logits(self, frames: Tensor) -> Tensor:
        """The same before the sigmoid, for losses that want it. frames: (B, 3, T, 96, 96) → (T·B, 1)."""
        x = fold_time(frames, 2)
        x = x[:, :, x.shape[2] // 2 :]
        for stage in self.face_encoder_blocks:
            x = stage(x)
        logits: Tensor = self.binary_pred[0](x)
        return logits.flatten(1)
