"""Half precision with a loss scale that two optimisers share."""

from collections.abc import Callable
from typing import Any

import torch
from torch.amp import GradScaler

from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from pytorch_lightning.plugins.precision import MixedPrecision  # noqa: E402  (needs the shim first)

HALF = ("16-mixed", "16")


class HalfPrecision(MixedPrecision):
    """float16 where it is safe, gradients unscaled before they are clipped.

    Lightning's own moves the scale after every optimiser; with accumulated gradients the second one's would then be
    of two scales. Here it moves once an update, after the last of them. State: the scale (saved), and how many
    optimisers have stepped in this update.
    """

    def __init__(self, device: str, scaler: GradScaler | None = None) -> None:
        """device: cuda or cpu."""
        super().__init__("16-mixed", device, scaler or GradScaler(device))
        self._stepped = 0

    def optimizer_step(  # type: ignore[override]
        self, optimizer: torch.optim.Optimizer, model: Any, closure: Callable[[], Any], **kwargs: Any
    ) -> Any:
        """Unscale, let the module clip (`on_before_optimizer_step`), step unless a gradient is not finite."""
        scaler = self.scaler
        assert scaler is not None
        closure()
        scaler.unscale_(optimizer)
        self._after_closure(model, optimizer)
        result = scaler.step(optimizer, **kwargs)
        self._stepped += 1
        if self._stepped == len(model.trainer.optimizers):
            scaler.update()
            self._stepped = 0
        return result
