"""PC-AVS's discriminator: judges patches of a picture at two sizes.

Source: netD of PC-AVS, the multiscale PatchGAN of Wang et al. 2018 with spectral norm (Miyato et al. 2018).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, normalize

from talkface.models.network import Network
from talkface.models.pcavs.sizes import scaled

SCALES = 2
CHANNELS, STRIDES = (64, 128, 256, 512), (2, 2, 2, 1)
KERNEL, PADDING, SLOPE = 4, 2, 0.2


class SpectralConv(nn.Module):
    """4×4 convolution without bias whose weight is divided by its largest singular value.

    Names of tensors as torch's older `spectral_norm` has them. In training, each call refines the singular vectors by
    one power iteration.
    """

    weight_u: Tensor
    weight_v: Tensor

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        initial = nn.Conv2d(in_channels, out_channels, KERNEL, bias=False).weight.detach()
        self.weight_orig = nn.Parameter(initial)
        self.register_buffer("weight_u", normalize(torch.randn(out_channels), dim=0))
        self.register_buffer("weight_v", normalize(torch.randn(initial[0].numel()), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        matrix = self.weight_orig.flatten(1)
        if self.training:
            self._iterate(matrix.detach())
        # Copies: a later call in the same step may move the vectors before this call's gradient is taken.
        largest = torch.dot(self.weight_u.clone(), matrix.mv(self.weight_v.clone()))
        return conv2d(x, self.weight_orig / largest, stride=self.stride, padding=PADDING)

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> None:
        self.weight_v.copy_(normalize(matrix.T.mv(self.weight_u), dim=0, eps=1e-12))
        self.weight_u.copy_(normalize(matrix.mv(self.weight_v), dim=0, eps=1e-12))


class PatchDiscriminator(nn.Module):
    """One scale: a picture → the list of its features (N, C, H', W') and last the patches' logits (N, 1, H', W')."""

    def __init__(self, width: float) -> None:
        super().__init__()
        channels = scaled(CHANNELS[0], width)
        first = nn.Conv2d(3, channels, KERNEL, STRIDES[0], PADDING)
        self.model0 = nn.Sequential(first, nn.LeakyReLU(SLOPE))
        for number, (official, stride) in enumerate(zip(CHANNELS[1:], STRIDES[1:], strict=True), start=1):
            out_channels = scaled(official, width)
            normed = nn.Sequential(SpectralConv(channels, out_channels, stride), nn.InstanceNorm2d(out_channels))
            self.add_module(f"model{number}", nn.Sequential(normed, nn.LeakyReLU(SLOPE)))
            channels = out_channels
        self.add_module(f"model{len(CHANNELS)}", nn.Sequential(nn.Conv2d(channels, 1, KERNEL, 1, PADDING)))

    def forward(self, image: Tensor) -> list[Tensor]:
        features: list[Tensor] = []
        for part in self.children():
            image = part(image)
            features.append(image)
        return features


class MultiscaleDiscriminator(Network):
    """`width` scales hidden layers (1: official, 5.5 M parameters)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = width
        for number in range(SCALES):
            self.add_module(f"discriminator_{number}", PatchDiscriminator(width))

    def forward(self, image: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        """For the picture and for its half: (logits (N, 1, H', W'), feature maps).

        image: (N, 3, H, W) float32 RGB in [-1, 1]. The first feature map is the picture itself, as in the original:
        matching the maps thereby contains the pixels' L1.
        """
        judgements = []
        for part in self.children():
            *maps, logits = part(image)
            judgements.append((logits, [image, *maps]))
            image = avg_pool2d(image, 3, 2, 1, count_include_pad=False)
        return judgements
