"""Binary cross-entropy of a probability, safe under autocast and against rounding beyond 1."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy


def probability_bce(probability: Tensor, target: Tensor) -> Tensor:
    """Mean BCE; the logarithm is held at -100 (torch's own rule, which the originals rely on).

    probability: any shape, in [0, 1] up to rounding. target: same shape, in [0, 1]. Returns a float32 scalar ≥ 0.
    """
    with torch.autocast(probability.device.type, enabled=False):  # half precision cannot hold 1 - p near 1
        dtype = torch.promote_types(probability.dtype, torch.float32)
        return binary_cross_entropy(probability.to(dtype).clamp(0, 1), target.to(dtype))
