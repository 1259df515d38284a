"""From pictures with known faces to pictures that speak: crop, network, paste, in batches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Protocol, cast

import cv2
import numpy as np
import numpy.typing as npt

from talkface.errors import InputError
from talkface.face import (
    TrackedFace,
    blend,
    clip_box,
    crop_face,
    mask_ring,
    match_color,
    mouth_paste_mask,
    painted_mask,
    paste_face,
    paste_weight,
)
from talkface.media import Frame
from talkface.media.source import Stored
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.sound import WAV2LIP_HEARING, Hearing
from talkface.pipelines.tensors import FACE_SIZE, FaceMaker

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Wanted:
    """A picture to be made. time: on the sound's clock, seconds. faces: those that speak, as tracked.

    In their order: boxes: (4,) what Wav2Lip sees of the face. windows: (80, S) mel steps of what it says, as the
    stage's `hearing` asks. weights: in [0, 1]. Wav2Lip: how much of the made mouth is shown; at 0 the face stays as it
    is and the network is not asked. Mouth model: how much speech there is, see `silence.Mouth`.
    """

    frame: Frame
    time: Fraction
    faces: tuple[TrackedFace, ...]
    boxes: tuple[FloatArray, ...]
    windows: tuple[FloatArray, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class SyncedFrame:
    """A finished picture. image: result; source: the same picture before; index: of the source frame.

    time: presentation time on the sound's clock, seconds. Pictures are (H, W, 3) uint8 RGB of one size. alpha: (H, W)
    uint8 of both, where the source's was asked for. stored: the source as its file holds it (`Frame.stored`); the
    result differs from it within `boxes` only.
    """

    index: int
    time: Fraction
    image: Image
    source: Image
    faces: tuple[TrackedFace, ...]
    boxes: tuple[FloatArray, ...]
    alpha: Image | None = None
    stored: Stored | None = None


Restore = Callable[[Image], Image]
"""(H, W, 3) uint8 RGB face as pasted -> the same, better. Called from one thread, once a face and picture."""


class Cutter(Protocol):
    """How a face leaves a picture and returns to it."""

    def crop(self, image: Image, box: FloatArray) -> Image:
        """(96, 96, 3) uint8 of what is in the box."""
        ...

    def paste(self, image: Image, made: Image, box: FloatArray, weight: float) -> Image:
        """A picture with the made face (96, 96, 3) in its place, mixed by `weight`; `image` is not changed."""
        ...


class MouthCutter:
    """Ours: sub-pixel boxes; only the mouth returns, its edge soft. Outside, not a bit changes.

    A face that was drawn anew has its colours matched; one that was painted over has the picture's where it was left
    alone, and matching would take a mouth that moved into the soft edge for a cast of colour.
    """

    def __init__(self, restore: Restore | None = None, *, painted: bool = False) -> None:
        """restore: sharpens the face after pasting, within the same soft mask; None: nothing does. painted: the made
        face is the given one painted over; what was left as it was does not return, and keeps its full sharpness.
        """
        self._restore, self._painted = restore, painted
        self._mask = mouth_paste_mask(FACE_SIZE, FACE_SIZE)
        self._ring = mask_ring(self._mask)

    def crop(self, image: Image, box: FloatArray) -> Image:
        return crop_face(image, box, (FACE_SIZE, FACE_SIZE))

    def paste(self, image: Image, made: Image, box: FloatArray, weight: float) -> Image:
        given = self.crop(image, box)
        if self._painted:
            face, mask = made, self._mask * painted_mask(made, given)
        else:
            face, mask = match_color(made, given, self._ring), self._mask
        mask = mask if weight == 1 else mask * np.float32(weight)
        pasted = paste_face(image, face, box, mask)
        return pasted if self._restore is None else self._restored(pasted, box, mask)

    def _restored(self, image: Image, box: FloatArray, mask: FloatArray) -> Image:
        """The pasted face made better at the size that it has in the frame."""
        assert self._restore is not None
        inside = np.round(clip_box(box, image.shape[:2])).astype(np.float32)
        left, top, right, bottom = (int(side) for side in inside)
        if right - left < 2 or bottom - top < 2:
            return image
        whole = paste_weight(image.shape[:2], mask, box)[top:bottom, left:right]
        return restored(self._restore, image, inside, whole)


class WholeBoxCutter:
    """The original's: whole pixels, bilinear both ways, the whole box replaced whatever the weight.

    Source: the inference script of Wav2Lip (Rudrabha, 5c90fa9).
    """

    def crop(self, image: Image, box: FloatArray) -> Image:
        left, top, right, bottom = (int(side) for side in box)
        return np.asarray(cv2.resize(image[top:bottom, left:right], (FACE_SIZE, FACE_SIZE)), np.uint8)

    def paste(self, image: Image, made: Image, box: FloatArray, weight: float) -> Image:
        left, top, right, bottom = (int(side) for side in box)
        result = image.copy()
        result[top:bottom, left:right] = cv2.resize(made, (right - left, bottom - top))
        return result


def build_cutter(options: LipSyncOptions, *, painted: bool) -> Cutter:
    """The cutter of the convention; where the generator paints over the given face, only the paint is pasted."""
    if options.convention != "exact":
        return WholeBoxCutter()
    return MouthCutter(restorer(options.restore), painted=painted)


class Stage(Protocol):
    """A family's part of serving. hearing: the mel windows that `Wanted.windows` hold for it."""

    hearing: Hearing

    def speak(self, wanted: Iterator[Wanted]) -> Iterator[SyncedFrame]:
        """The finished frames in order, a bounded number of them held."""
        ...


class Wav2LipStage:
    """A Wav2Lip generator as a stage: crop, network, paste, in batches."""

    hearing = WAV2LIP_HEARING

    def __init__(self, maker: FaceMaker, cutter: Cutter, *, batch_size: int) -> None:
        self._maker, self._cutter, self._batch_size = maker, cutter, batch_size

    def speak(self, wanted: Iterator[Wanted]) -> Iterator[SyncedFrame]:
        """Holds at most `batch_size` frames."""
        cutter = self._cutter
        for batch in batches(wanted, self._batch_size):
            places = [(row, number) for row, one in enumerate(batch) for number, w in enumerate(one.weights) if w]
            crops = [cutter.crop(batch[row].frame.image, batch[row].boxes[number]) for row, number in places]
            made = self._maker(crops, [batch[row].windows[number] for row, number in places])
            images = [item.frame.image for item in batch]
            for (row, number), face in zip(places, made, strict=True):
                images[row] = cutter.paste(images[row], face, batch[row].boxes[number], batch[row].weights[number])
            for item, image in zip(batch, images, strict=True):
                frame = item.frame
                rest = (item.faces, item.boxes, frame.alpha, frame.stored)
                yield SyncedFrame(frame.index, item.time, image, frame.image, *rest)


def batches(wanted: Iterator[Wanted], batch_size: int) -> Iterator[list[Wanted]]:
    """Runs of pictures: full when they hold `batch_size` faces or (a faceless stretch) as many pictures."""
    batch: list[Wanted] = []
    for item in wanted:
        batch.append(item)
        if max(len(batch), sum(len(one.boxes) for one in batch)) >= batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


def restored(restore: Restore, image: Image, box: FloatArray, share: FloatArray) -> Image:
    """The frame with what is in `box` (4,) handed through `restore`. share: (h, w) of the box, how much of it shows."""
    left, top, right, bottom = (round(float(side)) for side in box)
    better = restore(np.ascontiguousarray(image[top:bottom, left:right]))
    if better.shape != (bottom - top, right - left, 3) or better.dtype != np.uint8:
        found = f"{better.shape} {better.dtype}"
        raise InputError("restore= changes the shape of a face", found, "return (H, W, 3) uint8 as it was given")
    result = image.copy()
    result[top:bottom, left:right] = blend(result[top:bottom, left:right], better, share)
    return result


def restorer(name: str | None) -> Restore | None:
    """The function that `restore=package.module.function` names. InputError: there is none."""
    if name is None:
        return None
    module, _, function = name.rpartition(".")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            "restore= names nothing", name, "give package.module.function of an installed package"
        ) from error
    if not callable(found):
        raise InputError("restore= names no function", name, "give a function of one picture")
    return cast(Restore, found)
