"""Feature maps of VGG-19 for perceptual losses, from a local weights file.

Source: Simonyan & Zisserman 2015, keys as torchvision has them; the choice of maps as in PC-AVS. Nothing is
downloaded: the file is torchvision's `vgg19-dcbb9e9d.pth`, or any state dict with its `features.*` tensors (for
`vggface` those of a `vgg19_bn` trained on faces, which is not public).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from talkface.models.network import Network
from talkface.models.strict import load_strictly
from talkface.models.upstream.reading import plain_state, read_pickle

# Channels of the convolutions (3×3, ReLU) of each block; a 2×2 max pool follows every block.
BLOCKS: tuple[tuple[int, ...], ...] = ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4)
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB

Form = Literal["imagenet", "pcavs", "vggface"]
FIRST_RELUS = tuple(f"relu{block}_1" for block in range(1, 6))
# form → names of the maps it gives.
TAKEN: dict[Form, tuple[str, ...]] = {
    "imagenet": FIRST_RELUS,
    "pcavs": FIRST_RELUS,
    "vggface": ("relu4_1", "pool5"),
}
PCAVS_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
VGGFACE_WEIGHTS = (1 / 8, 1 / 4 + 1.0)  # the original counts the last map twice
"""Weights of the maps in PC-AVS's losses, for `losses.perceptual_loss`."""


class VggFeatures(Network):
    """Frozen: RGB picture → feature maps.

    form: "imagenet" takes [0, 1], normalised here, and gives relu1_1 … relu5_1; "pcavs" the same from [-1, 1] as it is;
    "vggface" is the network with batch norms and gives relu4_1 and pool5 from [-1, 1].
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, form: Form = "imagenet") -> None:
        super().__init__()
        self.normalised = form == "imagenet"
        layers: dict[str, nn.Module] = {}
        channels = 3
        for block, row in enumerate(BLOCKS, start=1):
            for number, out_channels in enumerate(row, start=1):
                layers[f"conv{block}_{number}"] = nn.Conv2d(channels, out_channels, 3, padding=1)
                if form == "vggface":
                    layers[f"norm{block}_{number}"] = nn.BatchNorm2d(out_channels)
                layers[f"relu{block}_{number}"] = nn.ReLU()
                channels = out_channels
            layers[f"pool{block}"] = nn.MaxPool2d(2)
        names = list(layers)
        self.taken = [names.index(name) for name in TAKEN[form]]
        self.features = nn.Sequential(*list(layers.values())[: self.taken[-1] + 1])
        self.register_buffer("mean", torch.tensor(MEAN).reshape(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).reshape(3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """image: (N, 3, H, W) float32 RGB in the form's range, H, W ≥ 16 → maps (N, 64, H, W) to (N, 512, H/16, W/16).

        The last map of "vggface" is (N, 512, H/32, W/32), H, W ≥ 32.
        """
        x, maps = (image - self.mean) / self.deviation if self.normalised else image, []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.taken:
                maps.append(x)
        return maps


def load_vgg(state_or_path: Mapping[str, Tensor] | Path | str, form: Form = "imagenet") -> VggFeatures:
    """Frozen features in eval mode. InputError: file missing, unsafe, or without the form's `features.*` tensors."""
    where: object = "the given state dict"
    content: object = state_or_path
    if isinstance(state_or_path, str | Path):
        where, content = state_or_path, read_pickle(Path(state_or_path))
    network = VggFeatures(form)
    wanted = network.state_dict()
    state = {key: tensor for key, tensor in plain_state(content, where).items() if key in wanted}
    load_strictly(network, state, where)
    return network.requires_grad_(False).eval()
