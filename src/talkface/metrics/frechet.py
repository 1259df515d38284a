"""Accumulator of the Fréchet distance between real and made features. Formula: functional/frechet."""

from collections.abc import Callable

from torch import Tensor, float64, int64, zeros

from talkface.metrics.functional import frechet
from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from torchmetrics import Metric  # noqa: E402  (imports torchvision, which needs the shim first)


class FrechetDistance(Metric):
    """Distance of all made pictures (or clips) to all real ones, by what `features` sees in them.

    features: pictures → (N, size), frozen and in eval mode: an Inception network for FID, a video network for FVD.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False

    def __init__(self, features: Callable[[Tensor], Tensor], *, size: int) -> None:
        super().__init__()
        self.features, self.size = features, size
        for name in ("real", "made"):
            self.add_state(f"{name}_size", zeros((), dtype=int64), dist_reduce_fx="sum")
            self.add_state(f"{name}_total", zeros(size, dtype=float64), dist_reduce_fx="sum")
            self.add_state(f"{name}_products", zeros(size, size, dtype=float64), dist_reduce_fx="sum")

    def update(self, pictures: Tensor, *, real: bool) -> None:
        """Any number of pictures as `features` takes them; real: of the true set."""
        found = self.features(pictures)
        if found.shape[1:] != (self.size,):
            raise ValueError(f"features must be (N, {self.size}), got {tuple(found.shape)}")
        name = "real" if real else "made"
        for part, value in frechet.moments(found)._asdict().items():
            state = getattr(self, f"{name}_{part}")
            setattr(self, f"{name}_{part}", state + value)

    def compute(self) -> Tensor:
        """Distance over the pictures of all processes, () float64. ValueError: fewer than two of a set."""
        real, made = (
            frechet.Moments(*(getattr(self, f"{name}_{part}") for part in frechet.Moments._fields))
            for name in ("real", "made")
        )
        return frechet.frechet_distance(made, real)
