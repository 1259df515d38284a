"""Typed batches of the mouth model; those of all other networks are in `talkface.batch`."""

from dataclasses import dataclass

import torch
from torch import Tensor

from talkface.batch import TensorRows, check_tensor


@dataclass(frozen=True)
class MouthSpeechBatch(TensorRows):
    """Stretches of sound with the mouths that belong to T frames in each.

    mel: (N, 80, S) float32 in [-4, 4]. place: (N, T) float32, where in the network's output (S - 62 steps) each frame's
    middle lies, in steps. coefficients: (N, T, C) float32, standard deviations. known: (N, T) bool, where they are.
    """

    mel: Tensor
    place: Tensor
    coefficients: Tensor
    known: Tensor

    def __post_init__(self) -> None:
        rows, frames = self.place.shape
        check_tensor("mel", self.mel, (rows, 80, None), torch.float32)
        check_tensor("place", self.place, (rows, frames), torch.float32)
        check_tensor("coefficients", self.coefficients, (rows, frames, None), torch.float32)
        check_tensor("known", self.known, (rows, frames), torch.bool)


@dataclass(frozen=True)
class MouthFrameBatch(TensorRows):
    """Of each of N clips the frame that is to be made and, behind it, K references.

    image: (N, 1 + K, 3, H, W) uint8 RGB crops. geometry: the same shape, uint8 maps of their mouths.
    """

    image: Tensor
    geometry: Tensor

    def __post_init__(self) -> None:
        check_tensor("image", self.image, (None, None, 3, None, None), torch.uint8)
        check_tensor("geometry", self.geometry, tuple(self.image.shape), torch.uint8)
