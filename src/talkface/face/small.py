"""Our own small networks: a detector of drawn and real faces, and 68 landmarks of both."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.face.box import Box, box_area, box_iou
from talkface.face.crop import Image, crop_face
from talkface.face.detection import Detection, Points
from talkface.face.landmarks import five_of_68, landmark_square, landmarks_box
from talkface.models.face_detector import decode_faces, pad_pictures
from talkface.models.face_landmarks import CROP_SIDE
from talkface.models.load import default_weights, load_model
from talkface.models.network import Network
from talkface.models.optimise import optimise

LOOKS = (192, 256)
"""Longer sides of the picture at the two looks. A face is what both see: other things seldom look like one twice."""

_ENOUGH = 512
"""Longer side down to which large pictures are halved first: by whole pixels that is fast, and neither looks nor
landmarks see more."""

_SAME = 0.5  # IoU of two boxes of one face
_DOUBTFUL = 0.25  # confidence at which a single look counts

_NEAR, _LEAST = 12.0, 0.05  # pixels, part of the shorter side: smaller faces than the larger of both do not count

Found = tuple[Box, float]
"""A box and its confidence."""


class SmallDetector:
    """Boxes by our `face_detector`, five points by our `face_landmarks`."""

    def __init__(
        self,
        threshold: float = 0.6,
        weights: Path | str | None = None,
        landmark_weights: Path | str | None = None,
        device: str = "cpu",
    ) -> None:
        """threshold: confidence below which a face is dropped. weights, landmark_weights: None for the shipped ones.

        device: torch's. InputError: a threshold outside [0, 1], weights that are missing or of another network.
        """
        if not 0 <= threshold <= 1:
            raise InputError("detection threshold is not in [0, 1]", threshold, "give a confidence such as 0.6")
        self._threshold, self._device = threshold, torch.device(device)
        self._network = _serving("face_detector", weights, self._device)
        self._landmarker = SmallLandmarker(landmark_weights, device)

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """images: (H, W, 3) uint8 RGB; those of one size go through the network in one call. Largest face first."""
        found: list[list[Detection]] = [[] for _ in images]
        halved = [_halved(image) for image in images]
        groups: dict[tuple[int, ...], list[int]] = {}
        for index, image in enumerate(halved):
            groups.setdefault(image.shape, []).append(index)
        for indices in groups.values():
            looks = [self._boxes([halved[i] for i in indices], side) for side in LOOKS]
            for index, first, second in zip(indices, *looks, strict=True):
                faces = [face for face in agreed(first, second) if face[1] >= self._threshold]
                factor = np.divide(images[index].shape[1::-1], halved[index].shape[1::-1]).astype(np.float32)
                found[index] = [self._with_points(halved[index], box, score, factor) for box, score in faces]
        return found

    def _boxes(self, images: Sequence[Image], longer_side: int) -> list[list[Found]]:
        """What one look sees in pictures of one size, which are brought to `longer_side` first."""
        height, width = images[0].shape[:2]
        scale = min(1.0, longer_side / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        reduced = [np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8) for image in images]
        with torch.inference_mode():
            maps = self._network(pad_pictures(_pictures(reduced, self._device)))
        factor, least = np.tile([width / size[0], height / size[1]], 2), _LEAST * min(size)
        found = []
        for boxes, scores in decode_faces(maps, threshold=_DOUBTFUL):
            pairs = zip(boxes.cpu().numpy(), scores.tolist(), strict=True)
            found.append(
                [(np.asarray(box * factor, np.float32), score) for box, score in pairs if _is_face(box, least)]
            )
        return found

    def _with_points(self, image: Image, box: Box, confidence: float, factor: Points) -> Detection:
        """factor: (2,) pixels of the picture that was given, across and down, in one of `image`."""
        points = five_of_68(self._landmarker.find(image, box))
        return Detection(box * np.tile(factor, 2), min(confidence, 1.0), points * factor)


class SmallLandmarker:
    """68 landmarks by our network: of a real face or a drawn one. Looks twice: at the box, then at what it found."""

    def __init__(self, weights: Path | str | None = None, device: str = "cpu") -> None:
        """weights: of a `face_landmarks` network. InputError: weights that are missing or of another network."""
        self._device = torch.device(device)
        self._network = _serving("face_landmarks", weights, self._device)
        self.name = f"small {self._network.weights_sha256}"

    def find(self, image: Image, box: Box) -> Points:
        """(68, 2) float32 in pixels of (H, W, 3) uint8 RGB `image` for the face at `box` (4,); never None."""
        return self._look(image, landmarks_box(self._look(image, box)))

    def _look(self, image: Image, box: Box) -> Points:
        square = landmark_square(box)
        crop = crop_face(image, square, (CROP_SIDE, CROP_SIDE))
        with torch.inference_mode():
            share = self._network(_pictures([crop], self._device))[0].cpu().numpy()
        return np.asarray(square[:2] + share * (square[2:] - square[:2]), np.float32)

    def close(self) -> None:
        """Nothing is held."""


def _halved(image: Image) -> Image:
    """(H, W, 3) uint8 with a longer side below twice `_ENOUGH`, by averages of two by two pixels."""
    while max(image.shape[:2]) >= 2 * _ENOUGH:
        size = (image.shape[1] // 2, image.shape[0] // 2)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image


def agreed(first: Sequence[Found], second: Sequence[Found]) -> list[Found]:
    """Faces that two looks see in one place: mean boxes and mean confidences, the largest first."""
    faces = []
    for box, score in first:
        same = [other for other in second if box_iou(box[None], other[0][None])[0, 0] > _SAME]
        if same:
            best = max(same, key=lambda other: other[1])
            faces.append((np.asarray((box + best[0]) / 2, np.float32), (score + best[1]) / 2))
    return sorted(faces, key=lambda face: -float(box_area(face[0])))


def _is_face(box: Box, least: float) -> bool:
    """Whether a box (4,) in pixels of the reduced picture is large enough to be looked at."""
    return float((box[2:] - box[:2]).min()) >= max(_NEAR * 0.6, least)


def _pictures(images: Sequence[Image], device: torch.device) -> Tensor:
    """(N, 3, H, W) float32 in [0, 1] of pictures of one size, channels last in memory."""
    batch = torch.from_numpy(np.stack(images)).to(device).permute(0, 3, 1, 2).float().div(255)
    return batch.contiguous(memory_format=torch.channels_last)


def _serving(kind: str, weights: Path | str | None, device: torch.device) -> Network:
    """The network of `kind`, made fast."""
    network: Network = load_model(default_weights(kind) if weights is None else Path(weights), kind)
    return optimise(network, device=device)
