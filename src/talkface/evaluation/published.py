"""LSE-D and LSE-C as published: SyncNet v2 on 224x224 pictures and MFCC. Source: evaluation of Wav2Lip and SyncNet."""

from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np
import torch
from scipy.ndimage import median_filter
from torch import Tensor

from talkface.audio.mfcc import mfcc
from talkface.errors import InputError
from talkface.evaluation.clips import ByteArray, FloatArray, Scene
from talkface.evaluation.generation import to_tensor
from talkface.metrics.functional import sync
from talkface.timeline import SYNC_WINDOW

COLUMNS = ("lse_distance_v2", "lse_confidence_v2", "lse_offset_v2")
VIEWS = ("frame", "face")
SIDE = 224
STEPS, STEPS_A_FRAME = 20, 4  # MFCC columns of a window; columns a frame at 25 fps
SAMPLES_A_FRAME = 640
VSHIFT = 15
_SMOOTHED, _BELOW, _BESIDE, _GREY = 13, 1.8, 1.4, 110  # of SyncNet's crop: frames, half boxes, half boxes, grey level


class PublishedNetwork(Protocol):
    """What `syncnet_v2` must offer, in eval mode and on the judge's device."""

    def embed_video(self, frames: Tensor) -> Tensor:
        """(N, 3, 5, 224, 224) float32 RGB in [0, 1] -> (N, 1024)."""
        ...

    def embed_audio(self, mfcc: Tensor) -> Tensor:
        """(N, 1, 13, 20) float32 -> (N, 1024)."""
        ...


class PublishedJudge:
    """Scores one clip of 25 frames a second. view: what the network is shown of a picture.

    frame: the whole of it, whatever its shape, as the published LRS2, LRS3 and LRW figures have it. face: the square
    that SyncNet's own pipeline cuts around a tracked face, for footage with more than a face in it.
    """

    def __init__(self, network: PublishedNetwork, *, view: str = "frame", batch: int = 16, device: str = "cpu") -> None:
        """InputError: an unknown view."""
        if view not in VIEWS:
            raise InputError("unknown syncnet_view", view, f"use one of {', '.join(VIEWS)}")
        self.network, self.view, self.batch, self.device = network, view, batch, device

    @torch.inference_mode()
    def embed_video(self, scene: Scene) -> Tensor:
        """(max(0, T - 4), 1024): row v is the window of pictures v .. v + 4. Holds `batch` windows of pictures."""
        found, held = [torch.empty(0, 1024)], []
        for picture in pictures_of(scene, self.view):
            held.append(picture)
            if len(held) == self.batch + SYNC_WINDOW - 1:
                found.append(self._windows(held))
                held = held[self.batch :]
        if len(held) >= SYNC_WINDOW:
            found.append(self._windows(held))
        return torch.cat(found)

    def _windows(self, pictures: list[ByteArray]) -> Tensor:
        """n + 4 pictures -> (n, 1024)."""
        frames = to_tensor(np.stack(pictures)).to(self.device)
        windows = frames.unfold(0, SYNC_WINDOW, 1).permute(0, 1, 4, 2, 3)  # (n, 3, H, W, 5) -> (n, 3, 5, H, W)
        return self.network.embed_video(windows).cpu()

    @torch.inference_mode()
    def embed_audio(self, samples: FloatArray, windows: int) -> Tensor:
        """(N,) in [-1, 1] at 16 kHz -> (windows, 1024): row v hears the 20 MFCC steps from step 4 v on."""
        whole = np.clip(np.rint(samples * 32768.0), -32768, 32767)  # the MFCC are those of 16-bit values
        steps = torch.from_numpy(mfcc(whole).T).float()
        heard = steps.unfold(1, STEPS, STEPS_A_FRAME)[:, :windows].permute(1, 0, 2)[:, None]
        parts = [self.network.embed_audio(part.to(self.device)).cpu() for part in torch.split(heard, self.batch)]
        return torch.cat(parts)

    def score(self, video: Tensor, samples: FloatArray) -> sync.Lse | None:
        """LSE of pictures embedded by `embed_video` with a sound; None where not even one window is left.

        The original counts length - 5 windows, length being that of the shorter of picture and sound in frames: one
        fewer than would fit.
        """
        length = min(len(video) + SYNC_WINDOW - 1, len(samples) // SAMPLES_A_FRAME)
        windows = length - SYNC_WINDOW
        if windows < 1:
            return None
        return sync.lse(video[:windows], self.embed_audio(samples, windows), VSHIFT)


def pictures_of(scene: Scene, view: str) -> Iterator[ByteArray]:
    """(224, 224, 3) uint8 of each picture of a scene."""
    if view == "frame":
        return (_to_side(image) for image in scene.frames())
    return (_to_side(face_view(image, box)) for image, box in zip(scene.frames(), steady(scene.boxes), strict=False))


def steady(boxes: FloatArray) -> FloatArray:
    """(T, 4) boxes -> (T, 3): middle x, y and half the longer side, each median-filtered over 13 frames."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    rows = np.concatenate([middle, half], axis=1)  # beyond the clip's ends the original's filter sees zeros
    return np.asarray(median_filter(rows, size=(_SMOOTHED, 1), mode="constant"), np.float32)


def face_view(image: ByteArray, place: FloatArray) -> ByteArray:
    """The square that SyncNet's pipeline cuts: from half a box above the middle to 1.8 below, 1.4 to either side.

    image: (H, W, 3) uint8. place: (3,), a row of `steady`. Outside the picture it is grey 110.
    """
    x, y, half = (float(value) for value in place)
    border = int(half * _BELOW)
    padded = np.pad(image, ((border, border), (border, border), (0, 0)), constant_values=_GREY)
    x, y = x + border, y + border
    rows = slice(max(0, int(y - half)), int(y + half * _BELOW))
    columns = slice(max(0, int(x - half * _BESIDE)), int(x + half * _BESIDE))
    return padded[rows, columns]


def _to_side(image: ByteArray) -> ByteArray:
    return np.asarray(cv2.resize(image, (SIDE, SIDE)), np.uint8)
