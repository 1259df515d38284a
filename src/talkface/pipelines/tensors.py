"""Pictures to the generator's tensors and back."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from talkface.models.optimise import channels_last
from talkface.pipelines.engine import Run

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
FACE_SIZE = 96  # pixels: side of the generator's pictures


def pack(crops: Sequence[Image]) -> Tensor:
    """(N, 6, 96, 96) float32 in [0, 1], channels last: the picture with its lower half zero, then the picture.

    In inference the reference is the same frame, as in the original.
    """
    picture = np.stack(crops)
    masked = picture.copy()
    masked[:, FACE_SIZE // 2 :] = 0
    both = torch.from_numpy(np.concatenate([masked, picture], axis=3)).permute(0, 3, 1, 2)
    return channels_last(both.float().div_(255.0))


def to_pictures(made: Tensor, *, symmetric: bool = False, truncate: bool = False) -> Image:
    """(N, H, W, 3) uint8 out of (N, 3, H, W) in [0, 1] (symmetric: in [-1, 1], as PC-AVS has it).

    Rounded, or cut off as the originals do.
    """
    unit = (made.float() + 1) / 2 if symmetric else made.float()
    whole = unit * 255 if truncate else (unit * 255).round()
    return whole.clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


class FaceMaker:
    """The generator as a function of crops and mel windows, in batches. State: none after construction."""

    def __init__(self, network: Run, *, batch_size: int, device: str = "cpu", truncate: bool = False) -> None:
        """network: as `build_engine` gives it, on `device`. truncate: grey levels cut off instead of rounded."""
        self._network, self._batch_size = network, batch_size
        self._device, self._truncate = torch.device(device), truncate

    @torch.inference_mode()
    def __call__(self, crops: Sequence[Image], windows: Sequence[FloatArray]) -> Image:
        """crops: N of (96, 96, 3) uint8. windows: N of (80, 16). Returns (N, 96, 96, 3) uint8."""
        if not crops:
            return np.empty((0, FACE_SIZE, FACE_SIZE, 3), np.uint8)
        starts = range(0, len(crops), self._batch_size)
        parts = [self._batch(crops[i : i + self._batch_size], windows[i : i + self._batch_size]) for i in starts]
        return np.concatenate(parts)

    def _batch(self, crops: Sequence[Image], windows: Sequence[FloatArray]) -> Image:
        mel = torch.from_numpy(np.stack(windows)[:, None]).to(self._device)
        still = all(np.array_equal(crop, crops[0]) for crop in crops[1:])  # then the face is encoded once
        face = pack(crops[:1] if still else crops).to(self._device)
        return to_pictures(self._network(mel, face), truncate=self._truncate)
