"""What a training asks of the machine, checked before anything is built. Light: torch only where a GPU is asked for."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from talkface.device import check_device
from talkface.errors import InputError

ACCELERATORS = ("cpu", "gpu", "cuda", "mps", "auto")
PRECISIONS = ("32-true", "16-mixed", "bf16-mixed", "16-true", "bf16-true", "64-true", "32", "16", "bf16", "64")


def check_hardware(trainer: Mapping[str, Any]) -> None:
    """InputError: an accelerator, a number of devices or a precision that is misspelt or not on this machine.

    trainer: arguments of Lightning's Trainer, as `hardware.trainer` gives them.
    """
    accelerator = str(trainer.get("accelerator", "cpu"))
    _one_of("accelerator", accelerator, ACCELERATORS)
    _one_of("precision", str(trainer.get("precision", "32-true")), PRECISIONS)
    for index in _indices(trainer.get("devices", 1)):
        if accelerator in ("gpu", "cuda"):
            check_device(f"cuda:{index}")
    if accelerator == "mps":
        check_device("mps")


def _indices(devices: object) -> Sequence[int]:
    """Numbers of the devices that are asked for; the first where Lightning is to find out. InputError: none."""
    text = str(devices)
    if text in ("auto", "-1"):
        return [0]
    if text.isascii() and text.isdigit() and int(text) > 0:
        return range(int(text))
    given = list(devices) if isinstance(devices, Sequence) and not isinstance(devices, str) else []
    if given and all(type(each) is int and each >= 0 for each in given):
        return given
    raise InputError("not a number of devices", f"hardware.trainer.devices={text}", "give a number above 0, or auto")


def _one_of(key: str, value: str, known: Sequence[str]) -> None:
    if value in known:
        return
    near = get_close_matches(value, known, n=1, cutoff=0.4)
    remedy = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"no such {key}", f"hardware.trainer.{key}={value}", f"{remedy}use one of {', '.join(known)}")
