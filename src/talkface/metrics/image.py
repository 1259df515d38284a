"""Accumulators of PSNR and SSIM over pictures. Formulas: functional/image."""

from torch import Tensor, float64, int64, zeros

from talkface.metrics.functional import image
from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from torchmetrics import Metric  # noqa: E402  (imports torchvision, which needs the shim first)


class MeanOverPictures(Metric):
    """Mean over all pictures of one number a picture; subclasses give the number."""

    is_differentiable = False
    full_state_update = False
    total: Tensor
    pictures: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", zeros((), dtype=float64), dist_reduce_fx="sum")
        self.add_state("pictures", zeros((), dtype=int64), dist_reduce_fx="sum")

    def measure(self, picture: Tensor, reference: Tensor) -> Tensor:
        """(N, C, H, W), (N, C, H, W) float in [0, 1] -> (N,)."""
        raise NotImplementedError

    def update(self, picture: Tensor, reference: Tensor) -> None:
        """Any number of pictures: (N, C, H, W) float RGB in [0, 1], twice."""
        values = self.measure(picture, reference)
        self.total += values.double().sum()
        self.pictures += len(values)

    def compute(self) -> Tensor:
        """Mean over the pictures of all processes, (); NaN before the first."""
        return self.total / self.pictures


class Ssim(MeanOverPictures):
    """Mean SSIM, in [-1, 1]; sides of at least 11 pixels."""

    higher_is_better = True

    def measure(self, picture: Tensor, reference: Tensor) -> Tensor:
        """SSIM of each picture."""
        return image.ssim(picture, reference)


class Psnr(MeanOverPictures):
    """PSNR in dB of the mean squared error over all pictures (of equal size); infinite when all are equal."""

    higher_is_better = True

    def measure(self, picture: Tensor, reference: Tensor) -> Tensor:
        """Squared error of each picture."""
        return image.squared_error(picture, reference)

    def compute(self) -> Tensor:
        """PSNR of the pooled error, () in dB."""
        return image.psnr_of(super().compute())
