"""What a run promises when it goes on: the saved configuration against the one that is asked for now."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from talkface.errors import InputError

# Length and rhythm of a run, what it is called and where its data lie: they cannot change what an update computes.
FREE = ("name", "trainer")
# What counts the updates themselves, or what their state belongs to: such a run is another one.
FIXED = ("model._target_", "model.optimizer._target_", "model.update.accumulation")
_SHOWN = 4


class Contract:
    """The configuration in force, and what of it changed at which step.

    recipe: nested names and plain values, the corpora's hashes among them. changes: ``{"step", "key", "was", "now"}``.
    State: both are saved in every checkpoint.
    """

    def __init__(self) -> None:
        self.recipe: dict[str, Any] = {}
        self.changes: list[dict[str, Any]] = []
        self.changed_now = False

    def take(self, facts: Mapping[str, Any]) -> None:
        """Take a run's own configuration from the facts of its weights: `recipe`, and the corpora by their contents."""
        recipe = dict(facts.get("recipe") or {})
        if recipe and "corpora" in facts:
            recipe["corpora"] = sorted(facts["corpora"].values())
        self.recipe = _plain(recipe)

    def state_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {"recipe": self.recipe, "changes": self.changes}

    def resume(self, saved: Mapping[str, Any], path: Path, *, accept: bool) -> None:
        """Take over what a checkpoint's ``talkface`` block says; accept: changes are recorded instead of refused.

        A checkpoint or a run that knows no configuration is not compared. InputError: something that changes the
        result differs and is not accepted, or cannot be.
        """
        self.changes = list(saved.get("changes", ()))
        found = saved.get("recipe")
        if not found or not self.recipe:
            return
        differing = differences(found, self.recipe)
        if not differing:
            return
        told = [f"{key} was {was}, now {now}" for key, was, now in differing]
        more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        what = f"this run was started with other settings ({'; '.join(told[:_SHOWN])}{more})"
        fixed = [key for key, _, _ in differing if key in FIXED]
        if fixed:
            raise InputError(what, path, f"{fixed[0]} cannot change: give another run=FOLDER, or resume=never")
        if not accept:
            remedy = "give them back their values, resume=changed to go on with the new ones, or another run=FOLDER"
            raise InputError(what, path, remedy)
        step = saved.get("step", 0)
        self.changes += [{"step": step, "key": key, "was": was, "now": now} for key, was, now in differing]
        self.changed_now = True


def differences(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(key, was, now) of all leaves that differ, but for those that cannot change the result; sorted by key."""
    was, now = dict(_leaves(_plain(saved))), dict(_leaves(_plain(wanted)))
    keys = sorted(was.keys() | now.keys())
    return [
        (key, was.get(key), now.get(key))
        for key in keys
        if was.get(key) != now.get(key) and key.partition(".")[0] not in FREE
    ]


def _plain(values: Mapping[str, Any]) -> Any:
    """The values as a file would give them back: tuples are lists."""
    return json.loads(json.dumps(values, default=str))


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, part in value.items():
        if isinstance(part, Mapping):
            yield from _leaves(part, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", part


def settings_of(optimizer: Optimizer) -> list[dict[str, Any]]:
    """Each parameter group's settings (rate, betas, decay, …), without its parameters."""
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]


def restore_wanted(
    optimizers: Sequence[Optimizer], schedules: Any, wanted: Sequence[Sequence[Mapping[str, Any]]]
) -> None:
    """Give each optimiser its wanted settings (`settings_of`), and its learning rate the place its schedule has got to.

    schedules: as `LightningModule.lr_schedulers` returns them, one an optimiser.
    """
    each = list(schedules) if isinstance(schedules, list | tuple) else [schedules]
    for optimizer, schedule, groups in zip(optimizers, each, wanted, strict=True):
        schedule.base_lrs = [group.get("initial_lr", group["lr"]) for group in groups]
        for group, settings, full, factor in zip(
            optimizer.param_groups, groups, schedule.base_lrs, schedule.lr_lambdas, strict=True
        ):
            group.update({**settings, "lr": full * factor(schedule.last_epoch)})
