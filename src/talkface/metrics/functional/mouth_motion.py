"""What a mouth does in a clip: how far it is open, whose mouth it follows, whether it rests, shakes, blurs or stains.

Points are (T, 68, 2) float pixels in iBUG's order, NaN in frames without a face. Openings are (T,) float, a share of
the distance of the eyes. Crops are (T, 3, 128, 128) in [0, 1], aligned by `alignment`. The definitions are this
project's; what would fool each of them stands in the columns' notes, `evaluation/measures_of_mouths.py`.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, conv2d, pad

from talkface.metrics.functional.motion import correlation

SIDE = 128
"""Pixels a side of an aligned crop: the outer corners of the eyes are 62 pixels apart."""
CLOSED_BELOW = 0.03
"""Opening below which lips touch; landmarks are not more exact than that."""
MOST_LAG = 2
LEAST_FRAMES = 11
"""Frames in which both mouths must be seen: a correlation of fewer says nothing."""
STILL = 1e-6
"""Deviation of an opening below which a mouth does not move."""

_UPPER, _LOWER = 62, 66  # middles of the inner lips
_EYES = (36, 45)  # outer corners
_RIGID = (36, 39, 42, 45, 27, 28, 33)  # corners of the eyes, bridge and base of the nose: speech does not move them
_PLACES = ((33.8, 33.8), (50.9, 34.3), (75.6, 34.1), (95.8, 33.8), (60.6, 29.6), (59.0, 39.7), (58.7, 65.2))
_SPEAKING = (*range(3, 14), *range(48, 68))  # jaw below the ears, lips
_LOWER_FACE = (slice(66, 122), slice(24, 104))
_UPPER_FACE = slice(0, 60)
_LUMA = (0.299, 0.587, 0.114)  # BT.601
_CHROMA = ((-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))  # BT.601, Cb and Cr
_LAPLACE = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))
_CELLS = 4


class Followed(NamedTuple):
    """value: correlation in [-1, 1], NaN where there is none. lag: frames by which the first is later."""

    value: float
    lag: int


def mouth_opening(points: Tensor) -> Tensor:
    """(T,) distance of the inner lips' middles over that of the outer corners of the eyes; NaN without a face."""
    _check_points(points)
    return _length(points[:, _UPPER] - points[:, _LOWER]) / _length(points[:, _EYES[0]] - points[:, _EYES[1]])


def follows(opening: Tensor, source: Tensor) -> float:
    """Correlation of two openings at the same time over the frames that both have; NaN: too few, or one is still."""
    frames = min(len(opening), len(source))
    first, second = opening[:frames].double(), source[:frames].double()
    known = ~(first.isnan() | second.isnan())
    if int(known.sum()) < LEAST_FRAMES or min(_deviation(each[known]) for each in (first, second)) <= STILL:
        return float("nan")
    return correlation(first, second)


def follows_later(opening: Tensor, driver: Tensor, most: int = MOST_LAG) -> Followed:
    """The best of the correlations in which `opening` is up to `most` frames later or earlier than `driver`."""
    found = [Followed(_lagged(opening, driver, lag), lag) for lag in range(-most, most + 1)]
    return max(found, key=lambda each: -2.0 if each.value != each.value else each.value)


def movement_share(opening: Tensor, reference: Tensor) -> float:
    """Deviation of an opening over that of the reference in as many frames; NaN where the reference is still."""
    still, made = _deviation(reference[: len(opening)]), _deviation(opening)
    return made / still if still > STILL else float("nan")


def closed_share(opening: Tensor, below: float = CLOSED_BELOW) -> float:
    """Share of all frames in which the mouth is seen shut: an unseen mouth does not count as shut."""
    return float((opening < below).double().mean())


def shake(points: Tensor) -> float:
    """Mean second difference in time of jaw and lips, pixels of the aligned crop a frame²; NaN: unseen."""
    speaking = aligned(points)[:, list(_SPEAKING)]
    lengths = _length(speaking[2:] - 2 * speaking[1:-1] + speaking[:-2])
    known = lengths[~lengths.isnan()]
    return float(known.mean()) if len(known) else float("nan")


def alignment(points: Tensor) -> Tensor:
    """(T, 2, 3) similarities, frame → aligned crop, least squares over what speech does not move; NaN without a face.

    Source: Umeyama 1991, in closed form for the plane.
    """
    _check_points(points)
    rigid, places = points[:, list(_RIGID)].double(), points.new_tensor(_PLACES).double()
    centre, aim = rigid.mean(1, keepdim=True), places.mean(0)
    before, after = rigid - centre, places - aim
    extent = before.square().sum((1, 2))
    real = (before * after).sum((1, 2)) / extent
    turn = (before[..., 0] * after[:, 1] - before[..., 1] * after[:, 0]).sum(1) / extent
    linear = torch.stack([torch.stack([real, -turn], 1), torch.stack([turn, real], 1)], 1)
    shift = aim[:, None] - linear @ centre.transpose(1, 2)
    return torch.cat([linear, shift], 2).to(points.dtype)


def aligned(points: Tensor) -> Tensor:
    """(T, 68, 2) points in pixels of the aligned crop: a head's place, size and tilt are gone."""
    maps = alignment(points)
    return points @ maps[..., :2].transpose(1, 2) + maps[:, None, :, 2]


def lower_face_detail(crops: Tensor) -> Tensor:
    """(T,) variance of the Laplacian of the lower face's luma, rounded to 8 bits: high for sharp skin, lips, teeth."""
    lower = _check_crops(crops)[..., _LOWER_FACE[0], _LOWER_FACE[1]]
    luma = (lower * lower.new_tensor(_LUMA)[:, None, None] * 255).sum(1, keepdim=True).round()
    edges = conv2d(pad(luma, (1, 1, 1, 1), mode="reflect"), luma.new_tensor(_LAPLACE)[None, None])
    return edges.var((1, 2, 3), correction=0)


def colour_change(crops: Tensor, source: Tensor) -> float:
    """Difference of the lower face's mean colour over time from the source's, levels of 255; brightness is left out.

    Of 4 x 4 cells the mean of the four that changed most, Cb and Cr. A mouth that opens otherwise changes brightness
    more than colour.
    """
    means = [_chroma(each).mean(0) for each in (crops, source)]
    change = (means[0] - means[1]).abs().mean(0).flatten()
    return float(change.topk(_CELLS).values.mean())


def upper_face_change(crops: Tensor, source: Tensor) -> float:
    """Mean absolute difference above the base of the nose, levels of 255. Crops of the same frames, (T, 3, H, W)."""
    made, given = (_check_crops(each)[:, :, _UPPER_FACE] for each in (crops, source))
    return float((made - given).abs().double().mean() * 255)


def _chroma(crops: Tensor) -> Tensor:
    lower = _check_crops(crops)[..., _LOWER_FACE[0], _LOWER_FACE[1]]
    cells = adaptive_avg_pool2d(lower, _CELLS)
    return torch.einsum("cd,tdhw->tchw", cells.new_tensor(_CHROMA), cells) * 255


def _lagged(values: Tensor, reference: Tensor, lag: int) -> float:
    return follows(values[lag:], reference) if lag >= 0 else follows(values, reference[-lag:])


def _deviation(values: Tensor) -> float:
    known = values[~values.isnan()].double()
    return float(known.std(correction=0)) if len(known) else float("nan")


def _length(vector: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(vector, dim=-1)
    return length


def _check_points(points: Tensor) -> None:
    if points.ndim != 3 or points.shape[1:] != (68, 2):
        raise ValueError(f"points must be (T, 68, 2), got {tuple(points.shape)}")


def _check_crops(crops: Tensor) -> Tensor:
    if crops.ndim != 4 or crops.shape[1:] != (3, SIDE, SIDE):
        raise ValueError(f"crops must be (T, 3, {SIDE}, {SIDE}), got {tuple(crops.shape)}")
    return crops
