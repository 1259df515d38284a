"""What a training step takes, memory and arithmetic, counted without computing anything.

Tensors are fake (shape and type, no data), so the full-size networks are counted on any machine. What a GPU adds is
not seen here: its context, the libraries' workspaces, and gaps between the allocator's blocks.
"""

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from talkface.models.pcavs.modulation import fir_kernel
from talkface.training.adversarial_step import AdversarialStep
from talkface.training.base import TrainingModule


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all tensors made within it that are still held. now, peak: bytes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._count(tensor.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return
        self._known.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


class PlainStep(AdversarialStep):
    """An update without a Trainer: gradients go backward, `optimizers[number]` steps."""

    optimizers: Sequence[torch.optim.Optimizer] = ()

    def backward(self, module: Any, loss: Tensor) -> None:
        (loss / self.accumulation).backward()  # type: ignore[no-untyped-call]

    def step(self, module: Any, number: int = 0) -> bool:
        self.optimizers[number].step()
        self.optimizers[number].zero_grad()
        return True


@dataclass(frozen=True)
class StepMemory:
    """Bytes of one training step. state: held between two steps (parameters, buffers, optimisers, average).

    gradients: of all that is trained; several processes keep them a second time, to exchange them. peak: the most that
    is held at once, everything included.
    """

    state: int
    gradients: int
    peak: int

    @property
    def activations(self) -> int:
        """What the step needs beyond state and gradients, at its peak."""
        return self.peak - self.state - self.gradients


@contextmanager
def no_data() -> Iterator[None]:
    """Within: tensors have shapes and types only."""
    fir_kernel()  # kept for the whole process: it must not be a tensor without data
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield


def step_memory(build: Callable[[], TrainingModule], batch: Callable[[], Any], *, half: bool = False) -> StepMemory:
    """Count a training step, not the first, of the module that `build` makes on what `batch` makes, both without data.

    half: matrix products and convolutions in float16, as Lightning's 16-mixed has them. The module's average is counted
    and not updated.
    """
    with no_data(), LiveBytes() as live:
        module, gradients = prepared(build)
        # A module cannot be copied without data; the tensors of its average can be made.
        average = [torch.empty_like(value) for value in module.shipped.state_dict().values()] if module.ema else []
        state, live.peak = live.now, live.now
        with torch.autocast("cpu", torch.float16, enabled=half):
            module.training_step(batch(), 0)
        del average
        return StepMemory(state=state, gradients=gradients, peak=live.peak)


def step_operations(build: Callable[[], TrainingModule], batch: Callable[[], Any]) -> int:
    """Multiplications of one training step, forward and backward, in matrix products and convolutions."""
    with no_data():
        module, _ = prepared(build)
        with FlopCounterMode(display=False) as counted:
            module.training_step(batch(), 0)
    return int(counted.get_total_flops()) // 2


def prepared(build: Callable[[], TrainingModule]) -> tuple[TrainingModule, int]:
    """The module with its optimisers' state, ready for a step without a Trainer; and the bytes of all gradients."""
    module = build()
    pairs: Any = module.configure_optimizers()
    made = [pair["optimizer"] for pair in pairs]
    module.update = plain = PlainStep(module.update.accumulation)
    object.__setattr__(plain, "optimizers", made)
    return module, fill_optimizers(made)


def fill_optimizers(optimizers: Sequence[torch.optim.Optimizer]) -> int:
    """Take a step with every optimiser, so that its state is there; bytes of all gradients, which are gone again."""
    total = 0
    for optimizer in optimizers:
        for parameter in (each for group in optimizer.param_groups for each in group["params"]):
            parameter.grad = torch.zeros_like(parameter)
            total += parameter.numel() * parameter.element_size()
        optimizer.step()
        optimizer.zero_grad()
    return total
