"""Drawn mouths against the truth they were drawn with, and the strength of their lines. Definitions are our own."""

from torch import Tensor
from torch.nn.functional import conv2d

_LAPLACE = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))
_LUMA = (0.299, 0.587, 0.114)  # BT.601


def shape_error(found: Tensor, true: Tensor) -> Tensor:
    """(T,) mean absolute difference of the numbers that describe a mouth. found, true: (T, P) in [0, 1].

    NaN where the truth is not known.
    """
    _check(found, true)
    return (found - true).abs().mean(1)


def same_drawing(found: Tensor, true: Tensor, drawings: Tensor) -> Tensor:
    """(T,) 1.0 where an animator would take the same drawing for both, 0.0 where not, NaN where the truth is unknown.

    The drawing taken is the nearest of `drawings` (D, P) in the mean absolute difference. found, true: (T, P).
    """
    _check(found, true)
    same = (_nearest(found, drawings) == _nearest(true, drawings)).to(true.dtype)
    return same.where(~true.isnan().any(1), same.new_tensor(float("nan")))


def line_strength(pictures: Tensor) -> Tensor:
    """(T,) mean absolute Laplacian of the luma of (T, 3, H, W) pictures in [0, 1]: high for fine, clean outlines."""
    if pictures.ndim != 4 or pictures.shape[1] != 3 or min(pictures.shape[2:]) < 3:
        raise ValueError(f"pictures must be (T, 3, H, W) of 3 x 3 pixels or more, got {tuple(pictures.shape)}")
    luma = (pictures * pictures.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    return conv2d(luma, luma.new_tensor(_LAPLACE)[None, None]).abs().mean((1, 2, 3))


def _nearest(shapes: Tensor, drawings: Tensor) -> Tensor:
    return (shapes[:, None] - drawings[None]).abs().mean(2).argmin(1)


def _check(found: Tensor, true: Tensor) -> None:
    if found.ndim != 2 or found.shape != true.shape:
        raise ValueError(f"shapes must be (T, P) twice, got {tuple(found.shape)} and {tuple(true.shape)}")
