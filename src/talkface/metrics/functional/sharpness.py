"""CPBD: how large a share of a picture's edges is too narrow for their blur to be noticed.

Source: Narvekar & Karam 2011, with the edge detector of the published Python port, whose figures papers of this field
quote: a normalised Sobel filter for upright edges, its square compared with twice the root of its mean, thinned.
"""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

BLOCK = 64
EDGE_SHARE = 0.002  # a block with fewer edge pixels is smooth and not judged
BETA = 3.6
NOTICEABLE_WIDTH = (5.0, 3.0)  # pixels; of blocks with a contrast of at most 50 grey levels, and of others
LOW_CONTRAST = 50
JUST_NOTICEABLE = 63  # per cent: probability of seeing an edge of just noticeable width
LONGEST = 100  # pixels followed on each side of an edge
LUMA = (0.299, 0.587, 0.114)
SOBEL = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]], dtype=torch.float64) / 8


def cpbd(pictures: Tensor) -> Tensor:
    """Sharpness of each picture, in [0, 1], higher is sharper: (N, 3, H, W) float RGB in [0, 1] → (N,) float64.

    Whole blocks of 64 × 64 pixels are judged, from the top-left corner. 0 where no block has edges, as the port gives.
    ValueError: not such pictures, or smaller than a block.
    """
    if pictures.ndim != 4 or pictures.shape[1] != 3 or not pictures.is_floating_point():
        raise ValueError(f"pictures must be (N, 3, H, W) float in [0, 1], got {tuple(pictures.shape)} {pictures.dtype}")
    if min(pictures.shape[-2:]) < BLOCK:
        raise ValueError(f"CPBD needs pictures of at least {BLOCK} x {BLOCK}, got {tuple(pictures.shape)}")
    grey = (255 * torch.einsum("nchw,c->nhw", pictures.double(), pictures.new_tensor(LUMA).double())).round()
    edges = upright_edges(grey)
    return share_unnoticed(grey, edges, edge_widths(grey) * edges)


def upright_edges(grey: Tensor) -> Tensor:
    """(N, H, W) grey levels → bool: ridges of the horizontal gradient that stand out of the picture's mean."""
    mirrored = pad(grey[:, None], (1, 1, 1, 1), mode="replicate")  # for one pixel the same as mirroring the edge pixel
    strength = conv2d(mirrored, SOBEL.to(grey.device)[None, None])[:, 0].square()
    threshold = 2 * strength.mean((1, 2), keepdim=True).sqrt()
    strength = torch.where(strength > threshold, strength, torch.zeros_like(strength))
    framed = pad(strength, (1, 1, 1, 1))
    across = (strength > framed[:, 1:-1, :-2]) & (strength > framed[:, 1:-1, 2:])
    down = (strength > framed[:, :-2, 1:-1]) & (strength > framed[:, 2:, 1:-1])
    return across | down


def edge_widths(grey: Tensor) -> Tensor:
    """(N, H, W) grey levels → width in pixels of an edge at each pixel, along its row; 0 where none is measured.

    Marziliano et al. 2004: from the local minimum on one side to the local maximum on the other. Only where the
    gradient points along the row (within 22.5 degrees), and not on the picture's border.
    """
    down, right = torch.gradient(grey, dim=(1, 2))
    eighth = torch.where(right != 0, torch.atan2(down, right) / (torch.pi / 4), torch.zeros_like(grey)).round().abs()
    widths = torch.where(eighth == 0, _rise_width(grey), torch.where(eighth == 4, _rise_width(-grey), 0.0))
    inner = torch.zeros_like(widths)
    inner[:, 1:-1, 1:-1] = widths[:, 1:-1, 1:-1]
    return inner


def share_unnoticed(grey: Tensor, edges: Tensor, widths: Tensor) -> Tensor:
    """Share of measured edges, in blocks that have edges, whose blur is noticed with a probability of at most 63 %.

    grey, edges, widths: (N, H, W), widths 0 where there is no edge. Returns (N,) float64.
    """
    grey, edges, widths = (_blocks(each) for each in (grey, edges, widths))
    judged = edges.sum(-1) > EDGE_SHARE * BLOCK**2
    contrast = (grey.amax(-1) - grey.amin(-1)).floor()
    low, high = NOTICEABLE_WIDTH
    noticeable = torch.where(contrast <= LOW_CONTRAST, low, high).to(widths)
    probability = 1 - torch.exp(-((widths / noticeable[..., None]) ** BETA))
    counted = judged[..., None] & (widths > 0)
    unnoticed = counted & ((100 * probability).round() <= JUST_NOTICEABLE)
    total = counted.sum((1, 2))
    return unnoticed.sum((1, 2)).double() / total.clamp_min(1)


def _rise_width(grey: Tensor) -> Tensor:
    """Width at each pixel of a rise from left to right: the run of rises on either side of it. (N, H, W) → same."""
    rises = grey[..., 1:] > grey[..., :-1]
    before, after = pad(_run(rises), (1, 0)), pad(_run(rises.flip(-1)).flip(-1), (0, 1))
    left, right = pad(before[..., :-1], (1, 0)), pad(after[..., 1:], (0, 1))
    return (left.clamp_max(LONGEST) + right.clamp_max(LONGEST) + 2).to(grey.dtype)


def _run(flags: Tensor) -> Tensor:
    """How many flags in a row end at each place: (…, W) bool → (…, W) int64."""
    place = torch.arange(1, flags.shape[-1] + 1, device=flags.device).expand(flags.shape)
    last_gap = torch.where(flags, torch.zeros_like(place), place).cummax(-1).values
    return place - last_gap


def _blocks(x: Tensor) -> Tensor:
    """(N, H, W) → (N, B, 4096): the whole blocks."""
    tiles = x.unfold(1, BLOCK, BLOCK).unfold(2, BLOCK, BLOCK)
    return tiles.reshape(len(x), -1, BLOCK * BLOCK)
