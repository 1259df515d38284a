"""The generator as it is served: the same numbers with less work.

What does not change over a clip is computed once (the identity's share of every style), constants are folded (scales,
√2, squared sums of the weights), large 3×3 convolutions go through `winograd`, memory is channels-last.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu_

from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.modulation import EPSILON, GAIN, SLOPE, StyledConv, ToRGB, blur, upsample
from talkface.models.pcavs.sizes import POSE_SIZE, CodeSizes
from talkface.models.pcavs.warping import Portrait, check_portrait, composed, moved
from talkface.models.winograd import fits, transform_weight, winograd_conv


class ServedConv(nn.Module):
    """A `StyledConv` without noise. size: side of its maps; above a certain one the weight is kept transformed."""

    weight: Tensor
    energy: Tensor
    shift: Tensor

    def __init__(self, layer: StyledConv, size: int, dtype: torch.dtype) -> None:
        super().__init__()
        weight = layer.conv.weight.detach()[0] * layer.conv.scale
        self.up, self.winograd = layer.conv.up, not layer.conv.up and fits(1, size, size) and dtype == torch.float32
        self.register_buffer("energy", weight.square().sum((2, 3)).T.contiguous())
        self.register_buffer("shift", (layer.activate.bias.detach() * GAIN).flatten().to(dtype))
        if self.winograd:
            weight = transform_weight(weight)
        else:
            weight = (weight.transpose(0, 1) if self.up else weight).contiguous(memory_format=torch.channels_last)
        self.register_buffer("weight", weight.to(dtype))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """x: (N, in, H, W). style: (N, in) float32. → (N, out, H, W), or twice the size."""
        factor = torch.rsqrt(style.square() @ self.energy + EPSILON) * GAIN  # the gain passes through the leaky ReLU
        scale_in, scale_out = style.to(x.dtype), factor.to(x.dtype)
        if self.winograd:
            x = winograd_conv(x, self.weight, scale_in=scale_in, scale_out=scale_out, shift=self.shift)
            return leaky_relu_(x, SLOPE)
        x = x * scale_in[:, :, None, None]
        if self.up:
            x = blur(conv_transpose2d(x, self.weight, stride=2))
        else:
            x = conv2d(x, self.weight, padding=1)
        return leaky_relu_(torch.addcmul(self.shift[:, None, None], x, scale_out[:, :, None, None]), SLOPE)


class ServedRGB(nn.Module):
    """A `ToRGB` as one matrix a sample; the picture is summed in float32."""

    weight: Tensor
    bias: Tensor

    def __init__(self, layer: ToRGB) -> None:
        super().__init__()
        self.register_buffer("weight", layer.conv.weight.detach()[0, :, :, 0, 0] * layer.conv.scale)
        self.register_buffer("bias", layer.bias.detach().clone())

    def forward(self, x: Tensor, style: Tensor, skip: Tensor | None) -> Tensor:
        """x: (N, in, H, W) channels-last. style: (N, in) float32. skip: (N, 3, H/2, W/2). → (N, 3, H, W) float32.

        With `warp` four channels for three.
        """
        matrix = (self.weight * style[:, None]).transpose(1, 2).to(x.dtype)
        colour = (x.permute(0, 2, 3, 1).flatten(1, 2) @ matrix).float().transpose(1, 2)
        picture: Tensor = colour.reshape(*colour.shape[:2], *x.shape[2:]) + self.bias
        return picture if skip is None else picture + upsample(skip)


class ServedGenerator(nn.Module):
    """Twin of a `PcavsGenerator` for inference, without noise. dtype: of maps and convolutions; styles stay float32."""

    by_identity: Tensor
    by_frame: Tensor
    style_bias: Tensor

    def __init__(self, generator: PcavsGenerator, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.dtype, self.layers, size = dtype, nn.ModuleList(), iter(generator.noise_sizes)
        self.flow = copy.deepcopy(generator.flow)
        weights, biases = [], []
        for layer in generator.layers():
            served = ServedConv(layer, next(size), dtype) if isinstance(layer, StyledConv) else ServedRGB(layer)
            self.layers.append(served)
            weights.append(layer.conv.modulation.weight.detach() * layer.conv.modulation.scale)
            biases.append(layer.conv.modulation.bias.detach())
        self.channels = [len(bias) for bias in biases]
        identity, joined = CodeSizes(generator.width).identity, torch.cat(weights)
        self.register_buffer("by_identity", joined[:, :identity].T.contiguous())
        self.register_buffer("by_frame", joined[:, identity:].T.contiguous())
        self.register_buffer("style_bias", torch.cat(biases))

    def identity_styles(self, identity_code: Tensor) -> Tensor:
        """The identity's share of all styles, once a clip: (N, all layers' channels). identity_code: (N, 2048)."""
        return torch.addmm(self.style_bias, identity_code, self.by_identity)

    def forward(
        self, identity_styles: Tensor, frame_code: Tensor, identity_map: Tensor, portrait: Portrait | None = None
    ) -> Tensor:
        """Pictures (N, 3, 224, 224) float32 in (-1, 1).

        identity_styles: (1 or N, …) of `identity_styles`. frame_code: (N, 512) content embedding and pose code in a
        row. identity_map: (1 or N, 512, 7, 7). portrait: with `warp`, and only then; also of a larger
        picture than the generator's own: what is made is as large. ValueError: a portrait too many or too few.
        """
        check_portrait(portrait, warp=self.flow is not None)
        styles = torch.split(torch.addmm(identity_styles, frame_code, self.by_frame), self.channels, dim=1)
        if self.flow is None or portrait is None:
            return self.draw(styles, identity_map).tanh_()
        flow = self.flow(frame_code[:, -POSE_SIZE:], portrait.pose_code)
        return composed(self.draw(styles, moved(identity_map, flow)), portrait.picture, flow)

    def draw(self, styles: Sequence[Tensor], identity_map: Tensor) -> Tensor:
        """As `PcavsGenerator.draw`, from the style of each layer (N, its input channels)."""
        x = identity_map.expand(len(styles[0]), -1, -1, -1).to(self.dtype, memory_format=torch.channels_last)
        drawn: Tensor | None = None
        for layer, style in zip(self.layers, styles, strict=True):
            if isinstance(layer, ServedConv):
                x = layer(x, style)
            else:
                drawn = layer(x, style, drawn)
        assert drawn is not None
        return drawn
