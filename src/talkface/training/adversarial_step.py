"""The one home of manual optimisation: whose gradients flow, accumulating, clipping, stepping, scheduling."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from pytorch_lightning import LightningModule  # noqa: E402  (needs the shim first)


@contextmanager
def frozen(network: nn.Module | None) -> Iterator[None]:
    """Within: gradients pass through `network` but are not collected for its parameters."""
    wanted = [p for p in network.parameters() if p.requires_grad] if network is not None else []
    for parameter in wanted:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in wanted:
            parameter.requires_grad_(True)


@dataclass(frozen=True)
class AdversarialStep:
    """One optimiser's update. accumulation: batches whose gradients are averaged. clip: largest norm, or None."""

    accumulation: int = 1
    clip: float | None = None

    def completes(self, batches_done: int) -> bool:
        """Whether the batch after `batches_done` others ends an update."""
        return (batches_done + 1) % self.accumulation == 0

    def backward(self, module: LightningModule, loss: Tensor) -> None:
        """Add the gradients of `loss` (a mean over the batch)."""
        module.manual_backward(loss / self.accumulation)

    def step(self, module: LightningModule, number: int = 0) -> bool:
        """Step and clear optimiser `number`, and move its learning rate on; gradients are clipped on the way.

        Returns whether it stepped: with a scaled loss an update whose gradients are not finite is left out.
        """
        optimizer = _chosen(module.optimizers(), number)
        stepped: list[bool] = []
        watching = optimizer.optimizer.register_step_post_hook(lambda *_: stepped.append(True))
        optimizer.step()
        watching.remove()
        optimizer.zero_grad()
        scheduler = _chosen(module.lr_schedulers(), number)
        if scheduler is not None and stepped:
            scheduler.step()
        return bool(stepped)

    def clip_gradients(self, module: LightningModule, optimizer: Optimizer) -> None:
        """Clip what `optimizer` is about to use: called once its gradients have their true scale."""
        if self.clip is not None:
            module.clip_gradients(optimizer, gradient_clip_val=self.clip, gradient_clip_algorithm="norm")


def _chosen(found: Any, number: int) -> Any:
    return found[number] if isinstance(found, list | tuple) else found
