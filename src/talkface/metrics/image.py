"""Accumulators of PSNR, SSIM, MS-SSIM and LPIPS over pictures. Formulas: functional/image, functional/lpips."""

from collections.abc import Callable, Sequence

from torch import Tensor

from talkface.metrics.functional import image
from talkface.metrics.functional.lpips import lpips
from talkface.metrics.mean import MeanOfMeasured


class Ssim(MeanOfMeasured):
    """Mean SSIM over pictures, in [-1, 1]; sides of at least 11 pixels."""

    higher_is_better = True

    def update(self, picture: Tensor, reference: Tensor) -> None:
        """Any number of pictures: (N, C, H, W) float RGB in [0, 1], twice."""
        self.add(image.ssim(picture, reference))


class MsSsim(MeanOfMeasured):
    """Mean MS-SSIM over pictures, in [0, 1]; scales as in `functional.image.ms_ssim`."""

    higher_is_better = True

    def __init__(self, scales: int = 5) -> None:
        super().__init__()
        self.scales = scales

    def update(self, picture: Tensor, reference: Tensor) -> None:
        """Any number of pictures: (N, C, H, W) float RGB in [0, 1], twice."""
        self.add(image.ms_ssim(picture, reference, scales=self.scales))


class Psnr(MeanOfMeasured):
    """PSNR in dB of the mean squared error over all pictures (of equal size); infinite when all are equal."""

    higher_is_better = True

    def update(self, picture: Tensor, reference: Tensor) -> None:
        """Any number of pictures: (N, C, H, W) float RGB in [0, 1], twice."""
        self.add(image.squared_error(picture, reference))

    def compute(self) -> Tensor:
        """PSNR of the pooled error, () in dB."""
        return image.psnr_of(super().compute())


class Lpips(MeanOfMeasured):
    """Mean LPIPS over pictures, ≥ 0.

    features: picture (N, 3, H, W) in [0, 1] → maps, frozen and in eval mode; heads: a (C,) weight for each map.
    """

    higher_is_better = False

    def __init__(self, features: Callable[[Tensor], Sequence[Tensor]], heads: Sequence[Tensor]) -> None:
        super().__init__()
        self.features, self.heads = features, heads

    def update(self, picture: Tensor, reference: Tensor) -> None:
        """Any number of pictures: (N, 3, H, W) float RGB in [0, 1], twice."""
        self.add(lpips(self.features(picture), self.features(reference), self.heads))
