"""SyncNet v2, the network behind the published LSE-D and LSE-C.

Source: joonson/syncnet_python (6efbb1c), Chung & Zisserman 2016. Two convolutional branches (five convolutions, pools,
one convolution down to 1×1), each with a two-layer head. Layer numbers are those of the released file. Its first audio
pool has kernel 1 and does nothing; here it is an identity.
"""

from torch import Tensor, nn

from talkface.models.network import Network

EMBEDDING_SIZE = 1024
HIDDEN = 512

Kernel = tuple[int, ...]


def audio_branch() -> nn.Sequential:
    """(N, 1, 13, 20) → (N, 512, 1, 1)."""
    return nn.Sequential(
        *_convolution(1, 64, (3, 3), padding=(1, 1)),  # 13×20
        nn.Identity(),
        *_convolution(64, 192, (3, 3), padding=(1, 1)),
        nn.MaxPool2d(3, (1, 2)),  # 11×9
        *_convolution(192, 384, (3, 3), padding=(1, 1)),
        *_convolution(384, 256, (3, 3), padding=(1, 1)),
        *_convolution(256, 256, (3, 3), padding=(1, 1)),
        nn.MaxPool2d(3, 2),  # 5×4
        *_convolution(256, HIDDEN, (5, 4)),
    )


def lip_branch() -> nn.Sequential:
    """(N, 3, 5, 224, 224) → (N, 512, 1, 1, 1)."""
    return nn.Sequential(
        *_convolution(3, 96, (5, 7, 7), stride=(1, 2, 2)),  # 1×109×109
        nn.MaxPool3d((1, 3, 3), (1, 2, 2)),  # 1×54×54
        *_convolution(96, 256, (1, 5, 5), stride=(1, 2, 2), padding=(0, 1, 1)),  # 1×26×26
        nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),  # 1×13×13
        *_convolution(256, 256, (1, 3, 3), padding=(0, 1, 1)),
        *_convolution(256, 256, (1, 3, 3), padding=(0, 1, 1)),
        *_convolution(256, 256, (1, 3, 3), padding=(0, 1, 1)),
        nn.MaxPool3d((1, 3, 3), (1, 2, 2)),  # 1×6×6
        *_convolution(256, HIDDEN, (1, 6, 6)),
    )


def head() -> nn.Sequential:
    """(N, 512) → (N, 1024)."""
    return nn.Sequential(
        nn.Linear(HIDDEN, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, EMBEDDING_SIZE)
    )


class SyncNetV2(Network):
    """Judge of sync. Its outputs are raw 1024-d vectors, not unit length; they are compared by Euclidean distance."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud, self.netfcaud = audio_branch(), head()
        self.netfclip, self.netcnnlip = head(), lip_branch()  # the released file's order

    def embed_audio(self, mfcc: Tensor) -> Tensor:
        """mfcc: (N, 1, 13, 20) float32, 13 coefficients × 20 steps at 100/s, of int16 values → (N, 1024)."""
        embedding: Tensor = self.netfcaud(self.netcnnaud(mfcc).flatten(1))
        return embedding

    def embed_video(self, frames: Tensor) -> Tensor:
        """frames: (N, 3, 5, 224, 224) float32 → (N, 1024).

        Released layout (`load_upstream`): BGR in [0, 255]; from `models.load.load_model`: RGB in [0, 1].
        """
        embedding: Tensor = self.netfclip(self.netcnnlip(frames).flatten(1))
        return embedding

    def forward(self, mfcc: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """(audio_embedding, video_embedding), each (N, 1024)."""
        return self.embed_audio(mfcc), self.embed_video(frames)


def _convolution(
    in_channels: int, out_channels: int, kernel: Kernel, stride: Kernel | int = 1, padding: Kernel | int = 0
) -> tuple[nn.Module, nn.Module, nn.Module]:
    """Convolution → BatchNorm → ReLU over as many axes as `kernel` has."""
    if len(kernel) == 2:
        flat = nn.Conv2d(in_channels, out_channels, kernel, stride, padding)  # type: ignore[arg-type]
        return flat, nn.BatchNorm2d(out_channels), nn.ReLU()
    deep = nn.Conv3d(in_channels, out_channels, kernel, stride, padding)  # type: ignore[arg-type]
    return deep, nn.BatchNorm3d(out_channels), nn.ReLU()
