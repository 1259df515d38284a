"""MTCNN, the default detector: facenet-pytorch's three small networks, whose weights come inside that package."""

import types
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from talkface.errors import InputError
from talkface.face.crop import Image
from talkface.face.detection import Detection
from talkface.face.pyramid import AreaPyramid
from talkface.torchvision_shim import operators_declared, prepare_torchvision

_LONGER_SIDE = 640
"""Pictures are reduced to this longer side before detection: cost grows with area, and a face worth driving stays
large enough.
"""
_HARD_SIDE, _SMALLEST_FACE = 1920, 20
"""The second look's longer side, and the smallest face looked for at all: pixels."""
_DARK, _BLACK = 64, 4
_BEYOND, _MIRRORED = 0.15, 0.7
"""How much of the longer side is mirrored at each edge, and the confidence that is asked of a mirrored face."""
_SMALLEST_CELL = 12
"""Side of the first network's window: no smaller face or picture can be looked at."""


class MtcnnDetector:
    """Box, confidence and five points of upright faces, frontal to near profile, real or drawn."""

    def __init__(self, threshold: float = 0.9, min_face: float | None = None, device: str = "cpu") -> None:
        """threshold: confidence below which a face is dropped; 0.9 suits real footage, 0.7 drawings.

        min_face: smallest face side in pixels of the given pictures; None for an eighth of the shorter side (and never
        less than 20 pixels of the reduced picture), the cost grows with its inverse square. device: a torch device.
        """
        if not 0 <= threshold <= 1:
            raise InputError("detection threshold is not in [0, 1]", threshold, "give a confidence such as 0.9")
        self._threshold, self._min_face = threshold, min_face
        self._network = _build_network(device)

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """images: (H, W, 3) uint8 RGB; those of one size go through the networks in one call. Largest face first.

        Pictures in which nothing is found are looked at again, harder: up to 1920 pixels, for faces from 20 pixels on;
        and then with their edges mirrored, for a face that is half outside.
        """
        found = self._look(images, hard=False)
        for again in (lambda missed: self._look(missed, hard=True), self._look_beyond):
            missed = [index for index, faces in enumerate(found) if not faces]
            for index, faces in zip(missed, again([images[index] for index in missed]), strict=True):
                found[index] = faces
        return found

    def _look_beyond(self, images: Sequence[Image]) -> list[list[Detection]]:
        """Faces across the edges: half a face and its mirror image look like one. Those wholly inside or outside are
        dropped. (Borders black or repeated show nothing.)
        """
        border = [round(_BEYOND * max(image.shape[:2])) for image in images]
        wider = [
            np.asarray(cv2.copyMakeBorder(image, wide, wide, wide, wide, cv2.BORDER_REFLECT_101), np.uint8)
            for image, wide in zip(images, border, strict=True)
            if min(image.shape[:2]) > wide
        ]
        if len(wider) < len(images):  # a strip too narrow to mirror
            return [[] for _ in images]
        found = self._look(wider, hard=False, threshold=min(self._threshold, _MIRRORED))
        return [
            [inside for face in faces if _crosses((inside := face.moved(-wide)).box, image.shape)]
            for faces, wide, image in zip(found, border, images, strict=True)
        ]

    def _look(self, images: Sequence[Image], *, hard: bool, threshold: float | None = None) -> list[list[Detection]]:
        found: list[list[Detection]] = [[] for _ in images]
        groups: dict[tuple[int, ...], list[int]] = {}
        for index, image in enumerate(images):
            groups.setdefault(image.shape, []).append(index)
        for indices in groups.values():
            group = [images[i] for i in indices]
            side, smallest = (_HARD_SIDE, self._min_face or _SMALLEST_FACE) if hard else (_LONGER_SIDE, self._min_face)
            faces = self._detect_batch(group, side, smallest, self._threshold if threshold is None else threshold)
            for index, detections in zip(indices, faces, strict=True):
                found[index] = detections
        return found

    def _detect_batch(
        self, images: Sequence[Image], longer_side: int, smallest: float | None, threshold: float
    ) -> list[list[Detection]]:
        """Faces of pictures of one size, reduced to `longer_side` first. smallest: face side in their pixels."""
        height, width = images[0].shape[:2]
        scale = min(1.0, longer_side / max(height, width))
        size = (round(width * scale), round(height * scale))
        wanted = min(size) / 8 if smallest is None else smallest * scale
        self._network.min_face_size = max(float(_SMALLEST_FACE), wanted)
        if min(size) < self._network.min_face_size or min(size) < _SMALLEST_CELL:
            return [[] for _ in images]
        reduced = [image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
        batch = np.stack([stretch_dark(np.asarray(image, dtype=np.uint8)) for image in reduced])
        boxes, confidences, points = self._network.detect(batch, landmarks=True)
        factor = np.array([width / size[0], height / size[1]], dtype=np.float32)
        rows = zip(boxes, confidences, points, strict=True)
        return [self._faces(*faces, factor=factor, threshold=threshold) for faces in rows]

    @staticmethod
    def _faces(
        boxes: Any, confidences: Any, points: Any, *, factor: NDArray[np.float32], threshold: float
    ) -> list[Detection]:
        """The networks' rows of one picture (None when empty) as detections in full-size pixels, largest first."""
        if boxes is None:
            return []
        rows = np.asarray(boxes, dtype=np.float32) * np.tile(factor, 2)
        marks = np.asarray(points, dtype=np.float32) * factor
        found = [
            Detection(box=row, confidence=float(confidence), points=mark)
            for row, confidence, mark in zip(rows, confidences, marks, strict=True)
            if confidence >= threshold and (row[2:] > row[:2]).all()
        ]
        return sorted(found, key=lambda face: -float((face.box[2:] - face.box[:2]).prod()))


def _crosses(box: NDArray[np.float32], shape: tuple[int, ...]) -> bool:
    """Whether between a fifth and four fifths of a box lie in a picture of `shape` (height, width, …)."""
    low, high = box[:2].clip(0, None), np.minimum(box[2:], [shape[1], shape[0]])
    share = float((high - low).clip(0, None).prod() / (box[2:] - box[:2]).prod())
    return 0.2 < share < 0.8


def stretch_dark(image: Image) -> Image:
    """A picture whose brightest hundredth is below 64 of 255 is scaled up to full range; any other is returned as it
    is. Black bars do not count: a small bright picture within them is not dark.
    """
    thin = image[::4, ::4]
    shown = thin[thin > _BLACK]
    peak = float(np.percentile(shown, 99)) if shown.size else 255.0
    if peak >= _DARK:
        return image
    return np.asarray(np.clip(image * (255 / max(peak, 1.0)), 0, 255), dtype=np.uint8)


def _build_network(device: str) -> Any:
    """facenet-pytorch's cascade on `device`, with the remedies below applied to its module."""
    prepare_torchvision()
    import facenet_pytorch
    from facenet_pytorch.models.utils import detect_face

    _apply_remedies(detect_face)
    network = facenet_pytorch.MTCNN(keep_all=True, select_largest=True, post_process=False, device=torch.device(device))
    return network.eval().to(memory_format=torch.channels_last)  # pooling is several times faster in this layout


def _apply_remedies(cascade: types.ModuleType) -> None:
    """Replaces what fails in the cascade: torchvision's NMS where its operators do not run, crops without a pixel; and
    what half of its time went to.
    """
    if operators_declared():
        cascade.batched_nms = batched_nms  # type: ignore[attr-defined]
    cascade.pad = clamped_spans  # type: ignore[attr-defined]
    if not isinstance(cascade.imresample, AreaPyramid):
        cascade.imresample = AreaPyramid(cascade.imresample)  # type: ignore[attr-defined]


def batched_nms(boxes: torch.Tensor, scores: torch.Tensor, indices: torch.Tensor, threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression within each index, exact.

    boxes: (N, 4) corners; scores, indices: (N,). Returns the kept rows, best score first: (K,) int64. As torchvision's
    function of that name.
    """
    order = np.argsort(-scores.detach().cpu().numpy(), kind="stable")
    corners, groups = boxes.detach().cpu().numpy()[order], indices.cpu().numpy()[order]
    area = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
    alive = np.ones(len(order), dtype=bool)
    for row in range(len(order)):
        if not alive[row]:
            continue
        rest = slice(row + 1, None)
        low = np.maximum(corners[row, :2], corners[rest, :2])
        high = np.minimum(corners[row, 2:], corners[rest, 2:])
        shared = (high - low).clip(min=0).prod(axis=1)
        overlaps = shared > threshold * (area[row] + area[rest] - shared)
        alive[rest] &= ~(overlaps & (groups[rest] == groups[row]))
    return torch.as_tensor(order[alive], dtype=torch.int64, device=boxes.device)


def clamped_spans(boxes: torch.Tensor, width: int, height: int) -> tuple[NDArray[np.int32], ...]:
    """Whole-pixel spans of boxes (N, 4) inside the picture, counted from 1, as (top, bottom, left, right).

    Never empty: the library's own spans drop a box that lies outside and then mismatch its list of boxes.
    """
    spans = boxes.trunc().int().cpu().numpy()
    left, top = spans[:, 0].clip(1, width), spans[:, 1].clip(1, height)
    right, bottom = spans[:, 2].clip(left, width), spans[:, 3].clip(top, height)
    return top, bottom, left, right
