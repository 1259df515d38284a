"""A network that measures: the mean colour of pictures or clips, or for LPIPS the picture itself as its one map."""

import torch
from torch import Tensor

from talkface.models.network import Network

KINDS = ("lpips", "identity", "fid", "fvd")


class ColourNetwork(Network):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.lpips, self.heads = kind == "lpips", [torch.ones(3)]
        self.metadata, self.weights_sha256 = {"form": "colour"}, "c" * 64

    def forward(self, pictures: Tensor) -> Tensor | list[Tensor]:
        return [pictures] if self.lpips else pictures.flatten(2).mean(2)
