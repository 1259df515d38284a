"""Schedules: learning rate by step, and the sync weight, which waits until the generator is worth judging."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


@dataclass(frozen=True)
class LearningRate:
    """Linear warm-up, then constant (`final` 1) or cosine decay to `final` times the optimiser's rate.

    warmup: updates. final: fraction of the full rate at the last update.
    """

    warmup: int = 0
    final: float = 1.0

    def factor(self, update: int, updates: int) -> float:
        """What the optimiser's rate is multiplied by at `update` of `updates`."""
        rising = min(1.0, (update + 1) / (self.warmup + 1))
        progress = min(1.0, max(0.0, (update - self.warmup) / max(1, updates - self.warmup)))
        return rising * (self.final + (1.0 - self.final) * 0.5 * (1.0 + math.cos(math.pi * progress)))

    def attach(self, optimizer: Optimizer, updates: int) -> LambdaLR:
        """The scheduler for `optimizer` in a run of `updates` updates."""
        factor: Callable[[int], float] = lambda update: self.factor(update, updates)  # noqa: E731
        return LambdaLR(optimizer, factor)


class SyncWeight:
    """Weight of the sync loss: 0 until a validation's sync loss falls below `threshold`, then `weight` for good.

    Source: the original's training (threshold 0.75, weight 0.01, with the discriminator 0.03), where it was a global
    that a resume forgot. Here the switch is state and is saved. threshold None: `weight` from the first step.
    """

    def __init__(self, weight: float = 0.03, threshold: float | None = None) -> None:
        self.weight, self.threshold, self.active = weight, threshold, threshold is None

    @property
    def value(self) -> float:
        """The weight in force."""
        return self.weight if self.active else 0.0

    def observe(self, validation_sync_loss: float) -> None:
        """Called once after each validation."""
        if self.threshold is not None and validation_sync_loss < self.threshold:
            self.active = True

    def state_dict(self) -> dict[str, Any]:
        return {"active": self.active}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.active = bool(state["active"])
