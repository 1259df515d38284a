"""Feature maps for LPIPS, from local files: AlexNet or VGG-16, and the heads that weigh their maps.

Source: Zhang et al. 2018 (version 0.1). A file is the whole state dict of the `lpips` package's network
(`torch.save(lpips.LPIPS(net="alex").state_dict(), FILE)`), or there are two: torchvision's backbone and that package's
heads. Nothing is downloaded.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from talkface.errors import InputError
from talkface.models.network import Network
from talkface.models.strict import load_strictly
from talkface.models.upstream.reading import plain_state, read_pickle

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of pictures in [-1, 1], RGB
Layer = tuple[int, int, int, int, int]  # channels in and out, kernel, stride, padding; () is a max pool
ALEX: tuple[Layer | tuple[()], ...] = (
    *((3, 64, 11, 4, 2), (), (64, 192, 5, 1, 2), (), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1)),
)
VGG: tuple[Layer | tuple[()], ...] = (
    *((3, 64, 3, 1, 1), (64, 64, 3, 1, 1), (), (64, 128, 3, 1, 1), (128, 128, 3, 1, 1), ()),
    *((128, 256, 3, 1, 1), (256, 256, 3, 1, 1), (256, 256, 3, 1, 1), ()),
    *((256, 512, 3, 1, 1), (512, 512, 3, 1, 1), (512, 512, 3, 1, 1), ()),
    *((512, 512, 3, 1, 1), (512, 512, 3, 1, 1), (512, 512, 3, 1, 1)),
)
BACKBONES = {"alex": (ALEX, (1, 4, 7, 9, 11), 3), "vgg": (VGG, (3, 8, 15, 22, 29), 2)}
"""Layers, the places of the five maps among torchvision's `features`, and the side of the max pools."""


class LpipsFeatures(Network):
    """RGB picture in [0, 1] → five feature maps; `heads` are their weights for `metrics.functional.lpips`."""

    shift: Tensor
    scale: Tensor

    def __init__(self, backbone: str) -> None:
        super().__init__()
        table, self.taken, pool = BACKBONES[backbone]
        layers: list[nn.Module] = []
        for row in table:
            layers += [nn.Conv2d(*row), nn.ReLU()] if row else [nn.MaxPool2d(pool, 2)]
        self.features = nn.Sequential(*layers)
        sizes = [row[1] for place, row in _places(table) if place + 1 in self.taken]
        self.weights = nn.ParameterList([nn.Parameter(torch.zeros(size)) for size in sizes])
        self.register_buffer("shift", torch.tensor(SHIFT).reshape(3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(SCALE).reshape(3, 1, 1), persistent=False)

    @property
    def heads(self) -> list[Tensor]:
        """(C,) weights of each map."""
        return list(self.weights)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """picture: (N, 3, H, W) float32 RGB in [0, 1], sides ≥ 63 (AlexNet) or 16 (VGG) → maps (N, C, h, w)."""
        x, maps = (2 * picture - 1 - self.shift) / self.scale, []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.taken:
                maps.append(x)
        return maps


def load_lpips(paths: Sequence[Path]) -> LpipsFeatures:
    """The frozen network in eval mode. InputError: files missing, unsafe, or not of a known backbone with heads."""
    where = ", ".join(map(str, paths))
    state: dict[str, Tensor] = {}
    for path in paths:
        state |= _renamed(plain_state(read_pickle(path), path))
    name = next((name for name in BACKBONES if _fits(name, state)), None)
    if name is None or "weights.4" not in state:
        remedy = "give an AlexNet or VGG-16 with its LPIPS heads, in one file or two (lpips=[BACKBONE,HEADS])"
        raise InputError("not LPIPS weights", where, remedy)
    network = LpipsFeatures(name)
    load_strictly(network, state, where)
    network.metadata = {"kind": "lpips", "backbone": name, "version": "0.1"}
    network.weights_sha256 = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return network.requires_grad_(False).eval()


def _places(table: Sequence[Layer | tuple[()]]) -> list[tuple[int, Layer]]:
    """(index in `features`, layer) of each convolution."""
    found, place = [], 0
    for row in table:
        if row:
            found.append((place, row))
        place += 2 if row else 1
    return found


def _fits(name: str, state: Mapping[str, Tensor]) -> bool:
    wanted = {
        f"features.{place}.weight": (row[1], row[0], row[2], row[2]) for place, row in _places(BACKBONES[name][0])
    }
    return all(key in state and tuple(state[key].shape) == shape for key, shape in wanted.items())


def _renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """torchvision's and the package's keys as ours; classifiers, and what occurs twice, are left out."""
    found = {}
    for key, tensor in state.items():
        parts = key.split(".")
        if parts[0] == "features":
            found[key] = tensor
        elif parts[0] == "net" and parts[1].startswith("slice"):
            found[f"features.{parts[2]}.{parts[3]}"] = tensor
        elif parts[0] in (f"lin{number}" for number in range(5)) and parts[-1] == "weight":
            found[f"weights.{parts[0][3:]}"] = tensor.flatten()
    return found
