"""Typed batches: what a data set hands to a training step. Axes, dtype and range are checked once, here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self, TypeVar

import torch
from torch import Tensor


def check_tensor(name: str, value: Tensor, shape: tuple[int | None, ...], dtype: torch.dtype) -> None:
    """Raise ValueError unless `value` has `dtype` and `shape` (None: any size on that axis)."""
    fits = value.ndim == len(shape) and all(
        want in (None, size) for want, size in zip(shape, value.shape, strict=False)
    )
    if not fits or value.dtype is not dtype:
        wanted = "x".join("*" if size is None else str(size) for size in shape)
        raise ValueError(f"{name}: expected {dtype} {wanted}, got {value.dtype} {tuple(value.shape)}")


class TensorRows:
    """`to` and `pin_memory` for a dataclass of tensors, as Lightning expects of a custom batch; its length in rows."""

    def __len__(self) -> int:
        """Rows of the first tensor."""
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def to(self, *args: object, **kwargs: object) -> Self:
        """The same batch on another device."""
        return self._with(lambda tensor: tensor.to(*args, **kwargs))  # type: ignore[call-overload]

    def pin_memory(self) -> Self:
        """The same batch in page-locked memory."""
        return self._with(lambda tensor: tensor.pin_memory())

    def _with(self, change: Callable[[Tensor], Tensor]) -> Self:
        """The same batch with each of its tensors changed; what it lacks (None) stays so."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return type(self)(**{name: None if value is None else change(value) for name, value in given.items()})


Rows = TypeVar("Rows", bound=TensorRows)


def joined(items: Sequence[Rows]) -> Rows:
    """Several batches of one kind as one, row after row; what the first lacks (None), it lacks too."""
    first = items[0]
    columns = {f.name: [getattr(item, f.name) for item in items] for f in fields(first)}  # type: ignore[arg-type]
    return type(first)(**{name: None if values[0] is None else torch.cat(values) for name, values in columns.items()})


def pictures(frames: Tensor) -> Tensor:
    """uint8 0..255 → float32 [0, 1]: pictures travel as bytes and become numbers on the device."""
    return frames.float() / 255.0


@dataclass(frozen=True)
class ExpertBatch(TensorRows):
    """Windows of several clips for the SyncNet expert; row i of `mel` is the sound of row i of `mouth`.

    mouth: (N, 15, 48, 96) uint8 RGB, lower halves of five frames stacked frame-major. mel: (N, 1, 80, 16) float32 in
    [-4, 4]. clip: (N,) int64, which rows come from the same clip: the others of a clip are its negatives.
    """

    mouth: Tensor
    mel: Tensor
    clip: Tensor

    def __post_init__(self) -> None:
        rows = len(self.clip)
        check_tensor("mouth", self.mouth, (rows, None, None, None), torch.uint8)
        check_tensor("mel", self.mel, (rows, 1, 80, None), torch.float32)
        check_tensor("clip", self.clip, (None,), torch.int64)


@dataclass(frozen=True)
class GeneratorBatch(TensorRows):
    """Windows of T frames for the generator, five where the expert judges them.

    target, reference: (B, T, 3, 96, 96) uint8 RGB; the reference is another window of the same clip. mels:
    (B, T, 1, 80, 16) float32 in [-4, 4], one window a frame. expert_mel: (B, 1, 80, 16), the sound of five frames from
    the first on. shape: (B, T, 6) float32, how the mouths were drawn, columns as in `drawn.MouthShape`, NaN where that
    is not known; spoken: (B, T, 6), the mouths that the sound asks for; None: nowhere.
    """

    target: Tensor
    reference: Tensor
    mels: Tensor
    expert_mel: Tensor
    shape: Tensor | None = None
    spoken: Tensor | None = None

    def __post_init__(self) -> None:
        rows, frames = self.target.shape[:2]
        check_tensor("target", self.target, (rows, frames, 3, None, None), torch.uint8)
        check_tensor("reference", self.reference, tuple(self.target.shape), torch.uint8)
        check_tensor("mels", self.mels, (rows, frames, 1, 80, None), torch.float32)
        check_tensor("expert_mel", self.expert_mel, (rows, 1, 80, None), torch.float32)
        for name in ("shape", "spoken"):
            if (known := getattr(self, name)) is not None:
                check_tensor(name, known, (rows, frames, 6), torch.float32)


@dataclass(frozen=True)
class DetectionBatch(TensorRows):
    """Pictures with the maps that a face detector should give, a cell for every 8 x 8 pixels.

    picture: (N, 3, H, W) uint8 RGB. heat: (N, 1, H/8, W/8) float32, 1 at the middle of each face. sides: (N, 4, H/8,
    W/8) distances to left, top, right, bottom, pixels, where weight (N, 1, H/8, W/8) is above 0.
    """

    picture: Tensor
    heat: Tensor
    sides: Tensor
    weight: Tensor

    def __post_init__(self) -> None:
        rows, _, height, width = self.picture.shape
        cells = (height // 8, width // 8)
        check_tensor("picture", self.picture, (rows, 3, None, None), torch.uint8)
        check_tensor("heat", self.heat, (rows, 1, *cells), torch.float32)
        check_tensor("sides", self.sides, (rows, 4, *cells), torch.float32)
        check_tensor("weight", self.weight, (rows, 1, *cells), torch.float32)


@dataclass(frozen=True)
class MouthBatch(TensorRows):
    """Lower halves of drawn faces and the shapes of their mouths.

    mouth: (N, 3, 48, 96) uint8 RGB. shape: (N, 6) float32 in [0, 1], columns as in `drawn.MouthShape`.
    """

    mouth: Tensor
    shape: Tensor

    def __post_init__(self) -> None:
        check_tensor("mouth", self.mouth, (len(self.shape), 3, None, None), torch.uint8)
        check_tensor("shape", self.shape, (None, 6), torch.float32)


@dataclass(frozen=True)
class LandmarkBatch(TensorRows):
    """Face crops with their landmarks.

    crop: (N, 3, S, S) uint8 RGB. points: (N, 68, 2) float32 x and y in iBUG order, parts of the crop's side.
    """

    crop: Tensor
    points: Tensor

    def __post_init__(self) -> None:
        rows = len(self.crop)
        check_tensor("crop", self.crop, (rows, 3, None, None), torch.uint8)
        check_tensor("points", self.points, (rows, 68, 2), torch.float32)


@dataclass(frozen=True)
class SpeakerBatch(TensorRows):
    """Pictures with who is on them, for the identity encoder.

    picture: (N, 3, H, W) uint8 RGB, aligned. speaker, clip: (N,) int64, numbers within the split.
    """

    picture: Tensor
    speaker: Tensor
    clip: Tensor

    def __post_init__(self) -> None:
        check_tensor("picture", self.picture, (len(self.speaker), 3, None, None), torch.uint8)
        check_tensor("speaker", self.speaker, (None,), torch.int64)
        check_tensor("clip", self.clip, (len(self.speaker),), torch.int64)


@dataclass(frozen=True)
class SpeechBatch(TensorRows):
    """Windows of T consecutive frames of several clips, seen and heard, for the content codes.

    mouth: (N, T, 3, H, W) uint8 RGB, aligned, who it is hidden. mel: (N, T, 1, 80, 20) float32 in [0, 1], one window a
    frame. clip: (N,) int64, which windows come from the same clip: the others are its negatives. shape: (N, T, 6)
    float32, how the mouth was drawn, columns as in `drawn.MouthShape`; NaN where that is not known. turns: (N, T, 3)
    float32 yaw, pitch and roll in degrees, NaN where they are not known; None: nowhere.
    """

    mouth: Tensor
    mel: Tensor
    clip: Tensor
    shape: Tensor
    turns: Tensor | None = None

    def __post_init__(self) -> None:
        rows, frames = len(self.clip), self.mouth.shape[1]
        check_tensor("mouth", self.mouth, (rows, frames, 3, None, None), torch.uint8)
        check_tensor("mel", self.mel, (rows, frames, 1, 80, None), torch.float32)
        check_tensor("clip", self.clip, (None,), torch.int64)
        check_tensor("shape", self.shape, (rows, frames, 6), torch.float32)
        if self.turns is not None:
            check_tensor("turns", self.turns, (rows, frames, 3), torch.float32)


@dataclass(frozen=True)
class PoseBatch(TensorRows):
    """Of each of B clips a picture that says who it is and T frames to be made, far apart, for PC-AVS.

    identity: (B, 3, H, W) uint8 RGB, aligned. target, augmented: (B, T, 3, H, W), the frames and the same with who it
    is hidden. mel: (B, T, 1, 80, 20) float32 in [0, 1]. speaker: (B,) int64. pose: as `augmented`, the frames that
    poses are taken from; None: those themselves. turns: (B, T, 3) float32 yaw, pitch and roll there in degrees, NaN
    where they are not known; None: nowhere. places: (B, 1 + T, 68, 2) float32, landmarks that a turned head moves,
    in the identity's picture and the T targets, (-1, -1) the upper left corner, NaN and None as before.
    """

    identity: Tensor
    target: Tensor
    augmented: Tensor
    mel: Tensor
    speaker: Tensor
    pose: Tensor | None = None
    turns: Tensor | None = None
    places: Tensor | None = None

    def __post_init__(self) -> None:
        rows, frames = self.target.shape[:2]
        check_tensor("identity", self.identity, (rows, 3, None, None), torch.uint8)
        check_tensor("target", self.target, (rows, frames, 3, None, None), torch.uint8)
        check_tensor("augmented", self.augmented, tuple(self.target.shape), torch.uint8)
        if self.pose is not None:
            check_tensor("pose", self.pose, tuple(self.target.shape), torch.uint8)
        if self.turns is not None:
            check_tensor("turns", self.turns, (rows, frames, 3), torch.float32)
        if self.places is not None:
            check_tensor("places", self.places, (rows, 1 + frames, 68, 2), torch.float32)
        check_tensor("mel", self.mel, (rows, frames, 1, 80, None), torch.float32)
        check_tensor("speaker", self.speaker, (rows,), torch.int64)


Clips = TypeVar("Clips", ExpertBatch, SpeechBatch)


def joined_clips(items: Sequence[Clips]) -> Clips:
    """As `joined`, of one clip each: `clip` numbers them."""
    clip = torch.cat([torch.full_like(item.clip, number) for number, item in enumerate(items)])
    return replace(joined(items), clip=clip)
