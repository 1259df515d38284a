"""Audio-visual sync from the expert's embeddings: pair accuracy, offset curves, the clip's offset, LSE-D and LSE-C.

One sign rule everywhere. `shift` s: the picture of window v is compared with the sound of window v + s.
`av_offset` = -s at the best shift: positive when the sound leads the picture (the sign of SyncNet's own code).
Sources: LSE as the SyncNet evaluation code does it (zero padding, 1e-6 added to every component); the rest is ours.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize, pad, pairwise_distance

PairCounts = dict[int, tuple[int, int]]


class OffsetCurve(NamedTuple):
    """Mean agreement by shift. shifts: (K,) int64. value: (K,) float32, mean cosine or mean distance (then
    `higher_is_better` is False). windows: (K,) int64, how many window pairs each mean is over (all > 0).
    """

    shifts: Tensor
    value: Tensor
    windows: Tensor
    higher_is_better: bool = True


class Lse(NamedTuple):
    """LSE of one clip: distance (LSE-D, lower is better), confidence (LSE-C, higher is better), av_offset in frames."""

    distance: float
    confidence: float
    offset: int


class ClipOffset(NamedTuple):
    """offset: av_offset in frames, positive when the sound leads. confidence: best value minus the median, >= 0."""

    offset: int
    confidence: float


def sync_probability(video_embedding: Tensor, audio_embedding: Tensor) -> Tensor:
    """Cosine of each window's two embeddings: (W, D), (W, D) float32 -> (W,) in [-1, 1] ([0, 1] after a ReLU)."""
    _check(video_embedding, audio_embedding)
    return (normalize(video_embedding, dim=1) * normalize(audio_embedding, dim=1)).sum(1)


def pair_accuracy(
    video_embedding: Tensor,
    audio_embedding: Tensor,
    *,
    minimum: int = 3,
    maximum: int = 8,
    speech: Tensor | None = None,
) -> PairCounts:
    """How often the true pair of a window beats a pair whose sound is shifted, by distance of the shift.

    video_embedding, audio_embedding: (W, D) float32, row v is the window that starts at frame v; any scale.
    Every window v and every shift s with minimum <= |s| <= maximum and v + s inside the clip gives one pair, won when
    cos(v, v) > cos(v, v + s), strictly (a constant network wins nothing).
    speech: (W,) bool, windows whose sound is speech; when given, pairs of two silent sounds do not count: nobody can
    tell which silence belongs to a mouth at rest.
    Returns {|s|: (wins, total)}, only distances that fit into the clip. Add several clips with `add_pair_counts`.
    """
    _check(video_embedding, audio_embedding)
    video, audio = normalize(video_embedding, dim=1), normalize(audio_embedding, dim=1)
    true = (video * audio).sum(1)
    heard = torch.ones(len(video), dtype=torch.bool) if speech is None else speech
    counts: PairCounts = {}
    for distance in range(minimum, min(maximum, len(video) - 1) + 1):
        later = true[:-distance] > (video[:-distance] * audio[distance:]).sum(1)
        earlier = true[distance:] > (video[distance:] * audio[:-distance]).sum(1)
        counted = heard[:-distance] | heard[distance:]  # the same two sounds in either direction
        counts[distance] = (int(later[counted].sum()) + int(earlier[counted].sum()), 2 * int(counted.sum()))
    return counts


def add_pair_counts(counts: Iterable[Mapping[int, tuple[int, int]]]) -> PairCounts:
    """Sum of several clips' `pair_accuracy`, sorted by distance."""
    total: dict[int, tuple[int, int]] = {}
    for one in counts:
        for distance, (wins, pairs) in one.items():
            before = total.get(distance, (0, 0))
            total[distance] = (before[0] + wins, before[1] + pairs)
    return dict(sorted(total.items()))


def accuracy_of(counts: Mapping[int, tuple[int, int]]) -> float:
    """Share of all pairs won, in [0, 1]; NaN when there are none."""
    wins, pairs = sum(w for w, _ in counts.values()), sum(n for _, n in counts.values())
    return wins / pairs if pairs else float("nan")


def offset_curve(
    video_embedding: Tensor,
    audio_embedding: Tensor,
    *,
    shifts: int = 15,
    kind: str = "cosine",
    centred: bool = False,
    minimum_overlap: float = 1 / 3,
) -> OffsetCurve:
    """Mean cosine (or distance) by shift, over windows that have a partner only: nothing is compared with padding.

    video_embedding, audio_embedding: (W, D) float32. shifts: largest |shift| tried, frames. kind: `cosine` or
    `distance` (Euclidean, of unit-length rows). Only shifts that leave `minimum_overlap` of the W windows are kept.
    centred: subtract the clip's mean embedding from both sides first. The mean of a centred product is the mean of the
    double-centred cosine matrix (no row or column stands out because its picture or its sound agrees with everything);
    on short clips this is what makes the offset readable. Only for `cosine`.
    """
    _check(video_embedding, audio_embedding)
    if kind not in ("cosine", "distance") or (centred and kind == "distance"):
        raise ValueError(f"kind must be cosine or distance, and centred needs cosine: {kind}, {centred}")
    video, audio = normalize(video_embedding, dim=1), normalize(audio_embedding, dim=1)
    if centred:
        video, audio = video - video.mean(0), audio - audio.mean(0)
    count = len(video)
    least = max(1, int(-(-count * minimum_overlap // 1)))
    largest = min(shifts, count - least)
    tried = list(range(-largest, largest + 1))
    values = [_agreement(*_overlap(video, audio, shift), kind=kind) for shift in tried]
    windows = torch.tensor([count - abs(shift) for shift in tried])
    return OffsetCurve(torch.tensor(tried), torch.stack(values).cpu(), windows, kind == "cosine")


def clip_offset(curve: OffsetCurve, *, weighted: bool = False) -> ClipOffset:
    """The clip's offset: minus the shift with the best value; among equal values the smallest |shift|.

    weighted: multiply each value by sqrt(windows / most windows) before choosing. A mean over few windows is noisier,
    so the plain maximum is drawn to the ends; the weight makes the noise equal at every shift (a z-score).
    Use it with centred curves, whose expectation off the true shift is about zero.
    """
    value = curve.value if curve.higher_is_better else -curve.value
    if weighted:
        value = value * (curve.windows / curve.windows.max()).sqrt().to(value.dtype)
    best = value.max()
    candidates = curve.shifts[value == best]
    shift = int(candidates[candidates.abs().argmin()])
    return ClipOffset(-shift, float(best - value.quantile(0.5)))


def measure_offset(video_embedding: Tensor, audio_embedding: Tensor, *, shifts: int = 15) -> ClipOffset:
    """Our offset estimator, also for clips of 1 s: centred cosine, valid overlaps, equal noise at every shift."""
    return clip_offset(offset_curve(video_embedding, audio_embedding, shifts=shifts, centred=True), weighted=True)


def shift_distances(video_embedding: Tensor, audio_embedding: Tensor, *, vshift: int = 15) -> Tensor:
    """(W, D), (W, D) raw embeddings -> (W, 2 * vshift + 1) distances D[v, k] = || f_v - a_padded[v + k] + 1e-6 ||.

    The sound is padded with `vshift` zero rows on both sides, as the original does; column k is shift k - vshift.
    """
    _check(video_embedding, audio_embedding)
    padded = pad(audio_embedding, (0, 0, vshift, vshift))
    count = len(video_embedding)
    columns = [pairwise_distance(video_embedding, padded[k : k + count], eps=1e-6) for k in range(2 * vshift + 1)]
    return torch.stack(columns, dim=1)


def lse(video_embedding: Tensor, audio_embedding: Tensor, vshift: int = 15) -> Lse:
    """LSE-D, LSE-C and offset of one clip exactly as the original scores them (windows facing the padding included).

    Returns (distance, confidence, offset): m_k = mean over v of D[v, k]; distance = min m,
    confidence = median m - min m, offset = vshift - argmin m.
    With `syncnet_v2`'s raw 1024-d outputs these are the published LSE-D and LSE-C.
    """
    means = shift_distances(video_embedding, audio_embedding, vshift=vshift).mean(0)
    smallest, index = means.min(0)
    return Lse(float(smallest), float(means.median() - smallest), vshift - int(index))


def _overlap(video: Tensor, audio: Tensor, shift: int) -> tuple[Tensor, Tensor]:
    """The rows v of `video` and v + shift of `audio` that both exist."""
    if shift >= 0:
        return video[: len(video) - shift], audio[shift:]
    return video[-shift:], audio[: len(audio) + shift]


def _agreement(video: Tensor, audio: Tensor, *, kind: str) -> Tensor:
    return (video * audio).sum(1).mean() if kind == "cosine" else (video - audio).norm(dim=1).mean()


def _check(video: Tensor, audio: Tensor) -> None:
    if video.shape != audio.shape or video.ndim != 2 or len(video) == 0:
        raise ValueError(
            f"embeddings must be two equal (W, D) with W > 0, got {tuple(video.shape)}, {tuple(audio.shape)}"
        )
