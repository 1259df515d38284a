"""What every network carries beside its parameters: where its weights came from."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


class Network(nn.Module):
    """Base of the networks. Empty until `models.load` fills it; no maths here.

    metadata: what the weights file says of itself (kind, config, training data, metrics, licence…).
    weights_sha256: hexadecimal sha256 of that file; reports name networks by it.
    """

    width: float
    metadata: dict[str, Any]
    weights_sha256: str

    def __init__(self) -> None:
        super().__init__()
        self.metadata, self.weights_sha256 = {}, ""

    @property
    def config(self) -> dict[str, Any]:
        """Constructor arguments that decide the shape of the weights."""
        return {"width": self.width}

    def adopted(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights of a network of this kind, as this one begins its training with them."""
        return dict(state)


class TableNetwork(Network):
    """A network of the Wav2Lip family, built from tables of layers."""

    least: int

    @property
    def config(self) -> dict[str, Any]:
        return {"width": self.width, "least": self.least}
