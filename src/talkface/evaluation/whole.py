"""Columns that need a row's whole pictures: one pass over them beside the real ones, two pictures held at a time.

A watcher sees every picture once and then says {column: number, or the reason why it is absent}.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

import numpy as np
import torch

from talkface.evaluation.beside import Found, psnr_or_reason
from talkface.evaluation.clips import ByteArray, FloatArray, Scene
from talkface.evaluation.generation import to_tensor
from talkface.evaluation.timing import timed
from talkface.evaluation.tools import Distance, Embed, FindFaces
from talkface.face.box import WAV2LIP_MARGIN, box_center, box_iou, box_size, expand_box
from talkface.face.crop import crop_face
from talkface.metrics.functional import image
from talkface.metrics.functional.identity import csim
from talkface.metrics.functional.sharpness import BLOCK, cpbd

IDENTITY_SIDE, IDENTITY_MARGIN = 160, 1.3
"""Faces are shown to the recognition network as squares of 1.3 times the box's longer side, at 160x160."""
OTHER_SIZE = "pictures of another size than the real ones"
LEAST_FOR_FIVE_SCALES = 176
SAME_FACE = 0.5  # IoU


class Watcher(Protocol):
    """Sees the pictures of a row in order."""

    def see(self, index: int, picture: ByteArray, true: ByteArray, box: FloatArray) -> None:
        """picture, true: (H, W, 3) uint8 of the row and of the real clip. box: (4,) face in `picture`."""
        ...

    def found(self) -> Found:
        """After the last picture."""
        ...


@timed("whole pictures")
def watch(scene: Scene, real: Scene, frames: int, watchers: Sequence[Watcher]) -> Found:
    """Show the first `frames` pictures of a row and of the real clip to all watchers."""
    if watchers:
        for index, (picture, true, box) in enumerate(_side_by_side(scene, real, frames)):
            for watcher in watchers:
                watcher.see(index, picture, true, box)
    found: Found = {}
    for watcher in watchers:
        found |= watcher.found()
    return found


def _side_by_side(scene: Scene, real: Scene, frames: int) -> Iterator[tuple[ByteArray, ByteArray, FloatArray]]:
    return islice(zip(scene.frames(), real.frames(), scene.boxes, strict=False), frames)


class FrameLikeness:
    """SSIM, MS-SSIM and PSNR of whole pictures."""

    def __init__(self) -> None:
        self._ssim: list[float] = []
        self._ms_ssim: list[float] = []
        self._errors: list[float] = []
        self._other_size = False

    def see(self, index: int, picture: ByteArray, true: ByteArray, box: FloatArray) -> None:
        """As `Watcher`."""
        if picture.shape != true.shape:
            self._other_size = True
            return
        made, wanted = to_tensor(picture[None]), to_tensor(true[None])
        self._errors.append(float(image.squared_error(made, wanted)))
        large = min(picture.shape[:2]) >= LEAST_FOR_FIVE_SCALES
        terms = image.similarity(made[0], wanted[0], scales=len(image.SCALE_POWERS) if large else 1)
        self._ssim.append(float(image.ssim_of(terms)))
        if large:
            self._ms_ssim.append(float(image.ms_ssim_of(terms)))

    def found(self) -> Found:
        """As `Watcher`."""
        if self._other_size:
            return dict.fromkeys(("ssim_frame", "ms_ssim_frame", "psnr_frame"), OTHER_SIZE)
        small = f"five scales need {LEAST_FOR_FIVE_SCALES} pixels a side"
        return {
            "ssim_frame": float(np.mean(self._ssim)),
            "ms_ssim_frame": float(np.mean(self._ms_ssim)) if self._ms_ssim else small,
            "psnr_frame": psnr_or_reason(torch.tensor(self._errors)),
        }


class FrameLpips:
    """LPIPS of every `sampled`th whole picture."""

    def __init__(self, distance: Distance, sampled: int) -> None:
        self._distance, self._sampled = distance, sampled
        self._values: list[float] = []
        self._other_size = False

    def see(self, index: int, picture: ByteArray, true: ByteArray, box: FloatArray) -> None:
        """As `Watcher`."""
        self._other_size |= picture.shape != true.shape
        if index % self._sampled == 0 and not self._other_size:
            self._values.append(float(self._distance(picture[None], true[None])[0]))

    def found(self) -> Found:
        """As `Watcher`."""
        return {"lpips_frame": OTHER_SIZE if self._other_size else float(np.mean(self._values))}


class Sharpness:
    """CPBD of every `sampled`th picture, whole and cut to the face's box, both in their own pixels."""

    def __init__(self, sampled: int) -> None:
        self._sampled = sampled
        self._values: dict[str, list[float]] = {"cpbd": [], "cpbd_face": []}

    def see(self, index: int, picture: ByteArray, true: ByteArray, box: FloatArray) -> None:
        """As `Watcher`."""
        if index % self._sampled == 0:
            self._add("cpbd", picture)
            self._add("cpbd_face", cut(picture, expand_box(box, WAV2LIP_MARGIN)))

    def _add(self, column: str, picture: ByteArray) -> None:
        if min(picture.shape[:2]) >= BLOCK:
            self._values[column].append(float(cpbd(to_tensor(picture[None]))))

    def found(self) -> Found:
        """As `Watcher`."""
        small = f"smaller than {BLOCK} pixels a side"
        return {column: float(np.mean(each)) if each else small for column, each in self._values.items()}


class Detected:
    """Whether the face is found in every `sampled`th picture."""

    def __init__(self, find: FindFaces, sampled: int) -> None:
        self._find, self._sampled = find, sampled
        self._hits: list[bool] = []

    def see(self, index: int, picture: ByteArray, true: ByteArray, box: FloatArray) -> None:
        """As `Watcher`."""
        if index % self._sampled == 0:
            boxes = self._find(picture)
            self._hits.append(len(boxes) > 0 and float(box_iou(boxes, box[None]).max()) >= SAME_FACE)

    def found(self) -> Found:
        """As `Watcher`."""
        return {"detected": float(np.mean(self._hits))}


class Identity:
    """Likeness of every `sampled`th face to the clip's first real one."""

    def __init__(self, embed: Embed, first: tuple[ByteArray, FloatArray], sampled: int) -> None:
        self._embed, self._first, self._sampled = embed, square_face(*first), sampled
        self._faces: list[ByteArray] = []

    def see(self, index: int, picture: ByteArray, true: ByteArray, box: FloatArray) -> None:
        """As `Watcher`."""
        if index % self._sampled == 0:
            self._faces.append(square_face(picture, box))

    def found(self) -> Found:
        """As `Watcher`."""
        embedded = torch.from_numpy(self._embed(np.stack([self._first, *self._faces])))
        return {"csim": float(csim(embedded[1:], embedded[:1]).mean())}


def square_face(picture: ByteArray, box: FloatArray) -> ByteArray:
    """(160, 160, 3): the face as the recognition network is shown it."""
    half = IDENTITY_MARGIN * float(box_size(box).max()) / 2
    square = np.concatenate([box_center(box) - half, box_center(box) + half]).astype(np.float32)
    return crop_face(picture, square, (IDENTITY_SIDE, IDENTITY_SIDE))


def cut(picture: ByteArray, box: FloatArray) -> ByteArray:
    """The part of the picture inside the box, whole pixels, not resized."""
    left, top, right, bottom = (max(0, round(float(side))) for side in box)
    return picture[top:bottom, left:right]
