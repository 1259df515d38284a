"""Accumulators of the sync metrics over clips; states are sums: processes reduce exactly. Formulas: functional/sync."""

from torch import Tensor, float64, int64, zeros

from talkface.metrics.functional import sync
from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from torchmetrics import Metric  # noqa: E402  (imports torchvision, which needs the shim first)


class PairAccuracy(Metric):
    """Share of window pairs won by the true pair, by distance of the shift. `update` takes one clip's embeddings."""

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    wins: Tensor
    pairs: Tensor

    def __init__(self, *, minimum: int = 3, maximum: int = 8) -> None:
        super().__init__()
        self.minimum, self.maximum = minimum, maximum
        for name in ("wins", "pairs"):
            self.add_state(name, zeros(maximum - minimum + 1, dtype=int64), dist_reduce_fx="sum")

    def update(self, video_embedding: Tensor, audio_embedding: Tensor) -> None:
        """One clip: (W, D), (W, D) float32."""
        counts = sync.pair_accuracy(video_embedding, audio_embedding, minimum=self.minimum, maximum=self.maximum)
        for distance, (wins, pairs) in counts.items():
            self.wins[distance - self.minimum] += wins
            self.pairs[distance - self.minimum] += pairs

    def counts(self) -> sync.PairCounts:
        """{|shift|: (wins, pairs)} of this process, as `pair_accuracy` gives it."""
        both = zip(self.wins.tolist(), self.pairs.tolist(), strict=True)
        return {self.minimum + index: pair for index, pair in enumerate(both)}

    def compute(self) -> Tensor:
        """Share of all pairs won, () in [0, 1]; NaN before the first pair."""
        return self.wins.sum() / self.pairs.sum()


class LipSyncError(Metric):
    """LSE-D and LSE-C over clips, and the share of clips whose offset is within `tolerance` frames of 0.

    `compute` returns {"lse_distance", "lse_confidence", "offset_share"}: means over clips, each counted once.
    The offset is that of `measure_offset` (valid overlaps only), the two scores are the original's.
    """

    is_differentiable = False
    full_state_update = False
    sums: Tensor
    clips: Tensor

    def __init__(self, *, vshift: int = 15, tolerance: int = 1) -> None:
        super().__init__()
        self.vshift, self.tolerance = vshift, tolerance
        self.add_state("sums", zeros(3, dtype=float64), dist_reduce_fx="sum")
        self.add_state("clips", zeros((), dtype=int64), dist_reduce_fx="sum")

    def update(self, video_embedding: Tensor, audio_embedding: Tensor) -> None:
        """One clip: (W, D), (W, D) float32, raw as the expert gives them."""
        score = sync.lse(video_embedding, audio_embedding, self.vshift)
        offset = sync.measure_offset(video_embedding, audio_embedding, shifts=self.vshift).offset
        values = (score.distance, score.confidence, float(abs(offset) <= self.tolerance))
        self.sums += self.sums.new_tensor(values)
        self.clips += 1

    def compute(self) -> dict[str, Tensor]:
        """Means over the clips of all processes; NaN before the first."""
        means = self.sums / self.clips
        return {"lse_distance": means[0], "lse_confidence": means[1], "offset_share": means[2]}
