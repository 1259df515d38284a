"""A judge turns pictures and sound into embeddings window by window; the sync metrics compare them.

`ExpertJudge` serves our expert and the official one; `published.PublishedJudge` is the one behind published LSE.
"""

from typing import Protocol

import torch
from torch import Tensor

from talkface.audio.mel import mel_windows
from talkface.evaluation.clips import ByteArray, FloatArray
from talkface.evaluation.generation import to_tensor
from talkface.timeline import SYNC_WINDOW, Timeline


class Judge(Protocol):
    """Embeddings of all windows of a clip: row v belongs to frames v .. v + 4 and to the sound at frame v."""

    def embed_video(self, crops: ByteArray) -> Tensor:
        """(T, 96, 96, 3) uint8 RGB -> (T - 4, D) float32."""
        ...

    def embed_audio(self, mel: FloatArray, windows: int) -> Tensor:
        """(80, S) float32 -> (windows, D) float32."""
        ...


class ExpertNetwork(Protocol):
    """What an expert must offer, in eval mode and on the judge's device."""

    def embed_video(self, face: Tensor) -> Tensor:
        """(N, 15, 48, 96) float32 RGB in [0, 1] -> (N, D)."""
        ...

    def embed_audio(self, mel: Tensor) -> Tensor:
        """(N, 1, 80, 16) float32 -> (N, D)."""
        ...


class ExpertJudge:
    """Judge by a SyncNet expert of Wav2Lip's kind, any width. batch: windows at a time."""

    def __init__(self, network: ExpertNetwork, *, batch: int = 64, device: str = "cpu") -> None:
        self.network, self.batch, self.device = network, batch, device
        self.timeline = Timeline()

    @torch.inference_mode()
    def embed_video(self, crops: ByteArray) -> Tensor:
        """(T, 96, 96, 3) uint8 RGB -> (T - 4, D) float32; ValueError for fewer than 5 frames."""
        if len(crops) < SYNC_WINDOW:
            raise ValueError(f"a sync window has {SYNC_WINDOW} frames, got {len(crops)}")
        lower = to_tensor(crops[:, crops.shape[1] // 2 :])
        count = len(crops) - SYNC_WINDOW + 1
        embedded = []
        for first in range(0, count, self.batch):
            frames = lower[first : min(first + self.batch, count) + SYNC_WINDOW - 1]
            # (n, 3, H, W, 5) -> (n, 5, 3, H, W): the channels of a window run frame by frame.
            windows = frames.unfold(0, SYNC_WINDOW, 1).permute(0, 4, 1, 2, 3).flatten(1, 2)
            embedded.append(self.network.embed_video(windows.to(self.device)).cpu())
        return torch.cat(embedded)

    @torch.inference_mode()
    def embed_audio(self, mel: FloatArray, windows: int) -> Tensor:
        """(80, S) float32 -> (windows, D) float32; past the end of the sound there is silence."""
        starts = [self.timeline.expert_window_start(frame) for frame in range(windows)]
        sound = torch.from_numpy(mel_windows(mel, starts))
        firsts = range(0, windows, self.batch)
        parts = [self.network.embed_audio(sound[first : first + self.batch].to(self.device)) for first in firsts]
        return torch.cat(parts).cpu()
