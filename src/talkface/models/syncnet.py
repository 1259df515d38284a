"""The SyncNet expert: do these five mouths and this sound belong together?

Source: "SyncNet_color" of Wav2Lip (Rudrabha, 5c90fa9).
Both embeddings end in a ReLU before they are made unit length, so their cosine lies in [0, 1] and BCE
applies to it directly.
"""

from torch import Tensor, nn
from torch.nn.functional import dropout, normalize

from talkface.models.blocks import SMALLEST_LAYER, Layer, build_chain, check_width, residuals
from talkface.models.network import TableNetwork
from talkface.models.wav2lip import audio_layers

SYNC_WINDOW = 5
MOUTH_CHANNELS = 3 * SYNC_WINDOW  # lower halves of five frames, frame after frame

FACE_LAYERS: tuple[Layer, ...] = (
    Layer(32, kernel=7, padding=3),  # 48×96
    *(Layer(64, kernel=5, stride=(1, 2), padding=1), *residuals(64, 2)),  # 46×47, the official padding of 1
    *(Layer(128, stride=2), *residuals(128, 3)),  # 23×24
    *(Layer(256, stride=2), *residuals(256, 2)),  # 12×12
    *(Layer(512, stride=2), *residuals(512, 2)),  # 6×6
    *(Layer(512, stride=2), Layer(512, padding=0), Layer(512, kernel=1, padding=0)),  # 3×3, 1×1, 1×1
)


class SyncNetExpert(TableNetwork):
    """Two encoders into one space of 512·width dimensions (1 = official, 16 M parameters).

    least: no hidden layer has fewer channels.
    dropout: share of channels dropped before the last 1×1 layer of both encoders, in training only; 0 is
    the official form.
    """

    def __init__(self, width: float = 1.0, least: int = SMALLEST_LAYER, *, dropout: float = 0.0) -> None:
        super().__init__()
        size = check_width(width, least)
        self.width, self.least = size.times, size.least
        self.face_encoder = build_chain(MOUTH_CHANNELS, FACE_LAYERS, size)
        self.audio_encoder = build_chain(1, audio_layers(2), size)
        self.dropout = float(dropout)
        self.embedding_size = size.of(FACE_LAYERS[-1].channels)

    def forward(self, mel: Tensor, face: Tensor) -> tuple[Tensor, Tensor]:
        """(audio_embedding, video_embedding), each (N, 512·width), unit length, non-negative.

        mel: (N, 1, 80, 16) float32 in [-4, 4]. face: (N, 15, 48, 96) float32 in [0, 1], five lower halves, frame-major.
        """
        return self.embed_audio(mel), self.embed_video(face)

    def embed_audio(self, mel: Tensor) -> Tensor:
        """mel: (N, 1, 80, 16) in [-4, 4] → (N, 512·width) unit length."""
        return self._embed(self.audio_encoder, mel)

    def embed_video(self, face: Tensor) -> Tensor:
        """face: (N, 15, 48, 96) in [0, 1] → (N, 512·width) unit length."""
        return self._embed(self.face_encoder, face)

    def _embed(self, encoder: nn.Sequential, x: Tensor) -> Tensor:
        *body, last = encoder
        for block in body:
            x = block(x)
        x = dropout(x, self.dropout, self.training)
        return normalize(last(x).flatten(1), dim=1)
