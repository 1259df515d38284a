"""Codes of a source's pictures: encoded once, kept as files, edited."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.media import atomic_path
from talkface.models.pcavs.sizes import POSE_SIZE

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
Item = TypeVar("Item")


def to_tensor(crops: Sequence[Image]) -> Tensor:
    """(N, 3, 224, 224) float32 RGB in [-1, 1] out of (224, 224, 3) uint8 pictures, rounded as the original does."""
    unit = (np.stack(crops) / 255.0).astype(np.float32)
    return torch.from_numpy(unit * np.float32(2) - np.float32(1)).permute(0, 3, 1, 2).contiguous()


def encode(
    crops: Iterable[Image],
    encoder: Callable[[Tensor], Tensor],
    *,
    batch_size: int,
    advance: Callable[[], None] = lambda: None,
) -> Tensor:
    """One code a picture: (T, D) float32 on the CPU. Holds `batch_size` pictures. advance: called after each one."""
    codes: list[Tensor] = []
    for batch in in_batches(crops, batch_size):
        codes.append(encoder(to_tensor(batch)).float().cpu())
        for _ in batch:
            advance()
    return torch.cat(codes)


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items, the last one of what is left."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def edited(codes: Tensor, *, scale: float = 1.0, freeze: int | None = None) -> Tensor:
    """Pose codes (T, 12): movement around the clip's mean times `scale`, then that of picture `freeze` held throughout.

    scale: 1 changes nothing (to the bit), 0 keeps the head still, above 1 exaggerates. InputError: no such picture.
    """
    if scale != 1.0:
        mean = codes.mean(dim=0, keepdim=True)
        codes = mean + scale * (codes - mean)
    if freeze is None:
        return codes
    if not 0 <= freeze < len(codes):
        raise InputError("no such picture to freeze", f"pose_freeze={freeze}", f"give 0 to {len(codes) - 1}")
    return codes[freeze : freeze + 1]


def save_codes(path: Path, codes: Tensor) -> None:
    """Write pose codes (T, 12) as a NumPy file, complete or not at all."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, codes.numpy())


def load_codes(path: Path) -> Tensor:
    """(T, 12) float32 of a file written by `save_codes`. InputError: not such a file, or values that are no numbers."""
    codes = read_array(path, "pose codes")
    if codes.ndim != 2 or codes.shape[1] != POSE_SIZE or len(codes) == 0:
        raise InputError(f"no pose codes (shape {codes.shape})", path, f"give a .npy of shape (frames, {POSE_SIZE})")
    if not np.isfinite(codes).all():
        raise InputError("pose codes that are no numbers", path, "make them again by save_pose=")
    return torch.from_numpy(np.ascontiguousarray(codes))


def read_array(path: Path, what: str) -> FloatArray:
    """The float32 array in a .npy file. InputError: missing, damaged, or not numbers."""
    try:
        loaded = np.load(path, allow_pickle=False)
        return np.asarray(loaded, dtype=np.float32)
    except FileNotFoundError as error:
        raise InputError(f"no such file of {what}", path, "check the path") from error
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise InputError(f"not a NumPy file of {what}", path, "give a .npy of float numbers") from error
