"""Mean absolute error of pictures. Source: Wav2Lip, over the whole 96×96; the weight on the lower half is ours."""

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, max_pool2d

_CHANGED = 0.06  # difference of a pixel that another mouth makes: above grain and compression
_AROUND = 5  # pixels about it that count too


def reconstruction_loss(generated: Tensor, target: Tensor, *, lower_weight: float = 1.0) -> Tensor:
    """Weighted mean of |generated − target|; `lower_weight` > 1 makes the lower half (the mouth) count more.

    generated, target: (…, H, W) float32, same shape. The weights are divided by their mean, so a constant error gives
    that error at any `lower_weight`; 1 is the plain L1 of the original. Returns an unweighted scalar ≥ 0.
    """
    error = (generated - target).abs()
    if lower_weight == 1:
        return error.mean()
    height = error.shape[-2]
    rows = torch.ones(height, 1, device=error.device, dtype=error.dtype)
    rows[height // 2 :] = lower_weight
    return (error * (rows / rows.mean())).mean()


def movement_loss(generated: Tensor, target: Tensor) -> Tensor:
    """Mean square of (generated − its mean over the clip) − (target − its mean over the clip).

    generated, target: (clips, frames, …) float32, same shape. What stays the same in a clip drops out of it: beside an
    L1, whose gradient is only the sign of an error, a person drawn too blurred hides what moves. 0 for single frames.
    Returns an unweighted scalar ≥ 0.
    """
    error = generated - target
    return (error - error.mean(1, keepdim=True)).square().mean()


def changed_loss(generated: Tensor, target: Tensor, reference: Tensor) -> Tensor:
    """Mean |generated − target| over the pixels in which target and reference differ, and those close by.

    All (N, 3, H, W) float32 in [0, 1]. Where the reference stands as the target does, with another mouth, these are the
    mouth's: a twentieth of the picture, whose error the plain mean hides. Returns an unweighted scalar ≥ 0.
    """
    differs = ((target - reference).abs().amax(1, keepdim=True) > _CHANGED).float()
    weight = max_pool2d(differs, _AROUND, 1, _AROUND // 2)
    error = (generated - target).abs().mean(1, keepdim=True)
    return (error * weight).sum() / weight.sum().clamp_min(1)


def known_difference(found: Tensor, known: Tensor) -> Tensor:
    """Mean absolute difference over what is known. found: any shape that `known` extends to; known: NaN elsewhere.

    Returns a scalar, 0 with gradients of 0 where nothing is known.
    """
    there = known.isfinite().expand_as(found)
    return l1_loss(found * there, known.nan_to_num(0.0) * there, reduction="sum") / there.sum().clamp_min(1)
