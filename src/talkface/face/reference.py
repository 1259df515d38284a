"""S3FD and FAN through the face-alignment package: what the originals used, where their weights are at hand."""

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError
from talkface.face.box import Box
from talkface.face.crop import Image
from talkface.face.detection import Detection, Points

Heat = NDArray[np.float32]
_DETECTOR_WEIGHTS = "s3fd-619a316812.pth"
_LANDMARK_WEIGHTS = "2DFAN4-11f355bf06.pth.tar"
_SIDE = 256  # pixels: what that network sees
_MODULES = 4  # hourglasses of that file's network
_LOWERED = 0.12  # the network's window lies this part of the box's height above the box's middle
_WINDOW = 200 / 195  # side of the window over width plus height of the box


class ReferenceDetector:
    """Boxes as the original saw them; no points. Never downloads."""

    def __init__(self, threshold: float = 0.9, weights: Path | str | None = None, device: str = "cpu") -> None:
        """weights: the S3FD file; None for the place where torch.hub keeps it. InputError when it is not there."""
        path = _weights(weights, _DETECTOR_WEIGHTS)
        if not path.is_file():
            remedy = f"give detector_weights=FILE ({_DETECTOR_WEIGHTS} of face-alignment), or use detector=mtcnn"
            raise InputError("no weights for the face-alignment detector", path, remedy)
        from face_alignment.detection.sfd.sfd_detector import SFDDetector

        self._threshold = threshold
        with _own_weights(path, "S3FD"):
            self._network = SFDDetector(device, path_to_detector=str(path))

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """images: (H, W, 3) uint8 RGB. Largest face first."""
        return [self._detect_one(image) for image in images]

    def _detect_one(self, image: Image) -> list[Detection]:
        rows = [np.asarray(row, dtype=np.float32) for row in self._network.detect_from_image(image)]
        found = [Detection(box=row[:4], confidence=float(row[4])) for row in rows if row[4] >= self._threshold]
        return sorted(found, key=lambda face: -float((face.box[2:] - face.box[:2]).prod()))


class ReferenceLandmarker:
    """68 landmarks by the four-hourglass FAN, as PC-AVS's preparation found them. Never downloads."""

    name = "face-alignment"

    def __init__(self, weights: Path | str | None = None, device: str = "cpu") -> None:
        """weights: the FAN-4 file; None for the place where torch.hub keeps it. InputError when it is not there."""
        path = _weights(weights, _LANDMARK_WEIGHTS)
        if not path.is_file():
            remedy = f"give landmark_weights=FILE ({_LANDMARK_WEIGHTS} of face-alignment), or use landmarks=five"
            raise InputError("no weights for the face-alignment landmarks", path, remedy)
        import torch
        from face_alignment.models import FAN

        self._device = torch.device(device)
        self._network = FAN(_MODULES)
        with _own_weights(path, "2D FAN-4"):
            self._network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self._network.to(self._device).eval()

    def find(self, image: Image, box: Box) -> Points | None:
        """As `Landmarker.find`; never None."""
        corner, side = _window(box)
        heat = self._heatmaps(_cut(image, corner, side))
        scale = side / heat.shape[-1]
        return np.asarray(corner + (peaks(heat) + 0.5) * scale, np.float32)

    def close(self) -> None:
        """Nothing is held."""

    def _heatmaps(self, picture: Image) -> Heat:
        """(68, 64, 64) float32, of the last hourglass."""
        import torch

        batch = torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255).to(self._device)
        with torch.inference_mode():
            out = self._network(batch)
        last = out[-1] if isinstance(out, list) else out
        return np.asarray(last[0].float().cpu().numpy(), np.float32)


@contextmanager
def _own_weights(path: Path, name: str) -> Iterator[None]:
    """InputError for what torch raises on a file that does not hold this network (its message runs over many lines)."""
    try:
        yield
    except (RuntimeError, pickle.UnpicklingError, EOFError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"not the weights of {name}", path, "give the file of the face-alignment package") from error


def _weights(given: Path | str | None, name: str) -> Path:
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / name if given is None else Path(given)


def _window(box: Box) -> tuple[Points, float]:
    """Upper left corner (2,) and side of the square the network was trained to see for a box of S3FD."""
    width, height = float(box[2] - box[0]), float(box[3] - box[1])
    side = (width + height) * _WINDOW
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2 - _LOWERED * height], np.float32)
    return np.asarray(middle - side / 2, np.float32), side


def _cut(image: Image, corner: Points, side: float) -> Image:
    """(256, 256, 3): the square, black outside the picture."""
    step = side / _SIDE
    shift = corner + step / 2 - 0.5  # pixel centres
    matrix = np.array([[step, 0, shift[0]], [0, step, shift[1]]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (_SIDE, _SIDE), flags=flags), np.uint8)


def peaks(heat: Heat) -> Points:
    """(K, 2) float32 (x, y) of the highest place of each map (K, H, W), a quarter towards its higher neighbour."""
    count, height, width = heat.shape
    padded = np.pad(heat, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows, columns = np.divmod(heat.reshape(count, -1).argmax(axis=1), width)
    maps = np.arange(count)
    right = padded[maps, rows + 1, columns + 2] - padded[maps, rows + 1, columns]
    below = padded[maps, rows + 2, columns + 1] - padded[maps, rows, columns + 1]
    inside = (columns > 0) & (columns < width - 1) & (rows > 0) & (rows < height - 1)
    quarter = 0.25 * inside[:, None] * np.sign(np.stack([right, below], axis=1))
    return np.asarray(np.stack([columns, rows], axis=1) + quarter, np.float32)
