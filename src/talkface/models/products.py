"""Matrix products by oneDNN, and the transposed convolution as one: for serving on a CPU, without gradients.

Torch's own product of float32 matrices is MKL's, which keeps to vectors of 256 bits on AMD's processors: half of what
oneDNN does with 512. Through torch's public functions oneDNN multiplies in convolutions only.
"""

from typing import cast

import torch
from torch import Tensor, nn

Pair = tuple[int, int]


def product(x: Tensor, weight: Tensor) -> Tensor:
    """x · weightᵀ: (M, K) and (N, K), in any strides → (M, N). By oneDNN where both are float32 on a CPU."""
    served = x.device.type == "cpu" and x.dtype == torch.float32
    if not (served and torch.backends.mkldnn.is_available()):  # type: ignore[no-untyped-call]
        return x @ weight.T
    made: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
    return made


class TransposedByProduct(nn.Module):
    """A served transposed convolution: all that each pixel gives in one product, then added up where it belongs.

    For maps of few pixels, where reading the weights is what takes the time. Equal to the plain one up to rounding.
    """

    weight: Tensor
    shift: Tensor

    def __init__(self, convolution: nn.ConvTranspose2d) -> None:
        super().__init__()
        self.kernel, self.stride = cast(Pair, convolution.kernel_size), cast(Pair, convolution.stride)
        self.padding, self.output_padding = cast(Pair, convolution.padding), cast(Pair, convolution.output_padding)
        weight, bias = convolution.weight.detach(), convolution.bias
        taps = weight.permute(2, 3, 1, 0).reshape(-1, weight.shape[0])  # (kernel · kernel · out, in)
        shift = weight.new_zeros(weight.shape[1]) if bias is None else bias.detach()
        self.register_buffer("weight", taps.contiguous(), persistent=False)
        self.register_buffer("shift", shift, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) float32 → (N, O, H', W') in channels-last memory."""
        rows, channels, *size = x.shape
        given = product(x.permute(0, 2, 3, 1).reshape(-1, channels), self.weight)
        given = given.view(rows, *size, *self.kernel, -1)
        reach = [(length - 1) * step for length, step in zip(size, self.stride, strict=True)]
        whole = [last + taps + more for last, taps, more in zip(reach, self.kernel, self.output_padding, strict=True)]
        result = self.shift.expand(rows, *whole, -1).contiguous()
        for down in range(self.kernel[0]):
            for across in range(self.kernel[1]):
                rows_of = slice(down, down + reach[0] + 1, self.stride[0])
                result[:, rows_of, across : across + reach[1] + 1 : self.stride[1]] += given[:, :, :, down, across]
        (top, left), (height, width) = self.padding, whole
        return result[:, top : height - top, left : width - left].permute(0, 3, 1, 2)


def replace_transposed(module: nn.Module) -> None:
    """Put a `TransposedByProduct` in the place of every transposed convolution in `module`."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.ConvTranspose2d):
            setattr(module, name, TransposedByProduct(child))
        else:
            replace_transposed(child)
