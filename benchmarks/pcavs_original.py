"""A plain eager port of PC-AVS's own order of work, the yardstick of `pcavs.py`; nothing of the package uses it.

Written from a description of the original, not from its code: for every batch of frames the reference is encoded by
two networks, the generator runs twice (for the reference's pose, then for the driving pose), every sample has its own
copy of every modulated weight (a grouped convolution), and the FIR filter treats every channel as a picture.
"""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, linear, pad

from talkface.models.network import Network
from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.modulation import StyledConv, ToRGB


def filtered(x: Tensor, *, before: int, after: int) -> Tensor:
    """FIR filter 1 3 3 1 (gain 4), each channel as a picture of its own."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = (torch.outer(taps, taps) * 4 / 64)[None, None]
    rows, channels, height, width = x.shape
    flat = pad(x.reshape(rows * channels, 1, height, width), (before, after, before, after))
    made = conv2d(flat, kernel)
    return made.view(rows, channels, *made.shape[2:])


def upsampled(x: Tensor) -> Tensor:
    """Zeros between pixels, then the filter."""
    rows, channels, height, width = x.shape
    spread = x.new_zeros(rows, channels, height, 2, width, 2)
    spread[:, :, :, 0, :, 0] = x
    return filtered(spread.view(rows, channels, 2 * height, 2 * width), before=2, after=1)


def modulated(layer: StyledConv | ToRGB, x: Tensor, code: Tensor) -> Tensor:
    """One weight a sample, then a convolution with as many groups as samples."""
    conv, rows = layer.conv, len(x)
    _, out_channels, in_channels, kernel, _ = conv.weight.shape
    style = linear(code, conv.modulation.weight * conv.modulation.scale, conv.modulation.bias)
    weight = conv.scale * conv.weight * style.view(rows, 1, in_channels, 1, 1)
    if conv.demodulate:
        weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4)) + 1e-8).view(rows, out_channels, 1, 1, 1)
    joined = x.reshape(1, rows * in_channels, *x.shape[2:])
    if conv.up:
        turned = weight.transpose(1, 2).reshape(rows * in_channels, out_channels, kernel, kernel)
        made = conv_transpose2d(joined, turned, stride=2, groups=rows)
    else:
        made = conv2d(joined, weight.flatten(0, 1), padding=kernel // 2, groups=rows)
    made = made.view(rows, out_channels, *made.shape[2:])
    return filtered(made, before=1, after=1) if conv.up else made


def generate(generator: PcavsGenerator, code: Tensor, identity_map: Tensor) -> Tensor:
    """The generator with fresh noise in every layer, as the original has it in inference too."""
    x, picture = identity_map, None
    for layer in generator.layers():
        made = modulated(layer, x, code)
        if isinstance(layer, StyledConv):
            noise = torch.randn(len(made), 1, *made.shape[2:])
            x = leaky_relu(made + layer.noise.weight * noise + layer.activate.bias, 0.2) * 2**0.5
        else:
            made = made + layer.bias
            picture = made if picture is None else made + upsampled(picture)
    assert picture is not None
    return torch.tanh(picture)


@torch.no_grad()
def original_batch(networks: dict[str, Network], reference: Tensor, poses: Tensor, mels: Tensor) -> Tensor:
    """One batch of the original's inference.

    reference: (3, 224, 224). poses: (N, 3, 224, 224). mels: (N, 1, 80, 20). Returns (N, 3, 224, 224).
    """
    references = reference.expand(len(poses), -1, -1, -1)
    code, identity_map = networks["identity"](references)
    motion = networks["motion"]
    content = motion.embed_content(1.2 * networks["speech"](mels))
    still = torch.cat([code, content, motion(references).pose_code], 1)
    generate(networks["generator"], still, identity_map)  # never shown when a driving pose is given
    driven = torch.cat([code, content, motion(poses).pose_code], 1)
    return generate(networks["generator"], driven, identity_map)
