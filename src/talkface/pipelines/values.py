"""Values out of a configuration, checked: what is wrong is said with the key it stands under. Light: no torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.pipelines.options import Four, Sides

_WORST_CRF = 51
_LARGEST = 1e6  # pixels, pictures, seconds: beyond that something else was meant


def path_of(config: Mapping[str, Any], key: str) -> Path:
    """The file under `key`. InputError: not given."""
    value = config.get(key)
    if value is None or value == "" or isinstance(value, list | dict):
        raise InputError(f"no {key} given", f"{key}=", f"give {key}=FILE (--help shows an example)")
    return Path(str(value))


def number_of(config: Mapping[str, Any], key: str, default: float) -> float:
    """The number under `key`, `default` where it is null. InputError: something else."""
    value = config.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -_LARGEST <= value <= _LARGEST:
        raise InputError("not a number", f"{key}={value}", f"give a number, for example {key}={default:g}")
    return value


def switch_of(config: Mapping[str, Any], key: str, *, default: bool = False) -> bool:
    """True or false under `key`, `default` where it is null. InputError: something else."""
    value = config.get(key)
    if value is None:
        return default
    if value not in (True, False):  # 1 and 0 are these
        raise InputError("not true or false", f"{key}={value}", f"give {key}=true or {key}=false")
    return bool(value)


def quality_of(config: Mapping[str, Any]) -> int:
    """The encoder's `crf`. InputError: not a number from 0 to 51."""
    value = number_of(config, "crf", 18)
    if not 0 <= value <= _WORST_CRF:
        raise InputError("no such quality", f"crf={value}", f"give a number from 0 (lossless) to {_WORST_CRF}")
    return round(value)


def one_of(config: Mapping[str, Any], key: str, choices: Sequence[str], default: str) -> str:
    """The word under `key`, `default` where it is null. InputError: none of `choices`."""
    value = default if config.get(key) is None else str(config[key])
    if value not in choices:
        raise InputError(f"unknown {key}", f"{key}={value}", f"use one of {', '.join(choices)}")
    return value


def optional_number(config: Mapping[str, Any], key: str) -> float | None:
    """The number under `key`, or None."""
    return None if config.get(key) is None else number_of(config, key, 0.9)


def four_of(config: Mapping[str, Any], key: str) -> tuple[float, float, float, float] | None:
    """Four numbers under `key`, or None. InputError: something else."""
    value = config.get(key)
    if value is None:
        return None
    numbers = [side for side in value if isinstance(side, (int, float))] if isinstance(value, (list, tuple)) else []
    if len(numbers) != 4:
        raise InputError("not four numbers", f"{key}={value}", f"give four numbers, for example {key}=[10,20,110,120]")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def boxes_of(config: Mapping[str, Any], key: str) -> Sides | tuple[Sides, ...] | None:
    """Four numbers under `key`, or a list of such fours, or None. InputError: something else."""
    value = config.get(key)
    if not isinstance(value, list | tuple) or not any(isinstance(each, list | tuple) for each in value):
        return four_of(config, key)
    boxes = [four_of({key: each}, key) for each in value]
    return tuple(box for box in boxes if box is not None)


def whole_four(config: Mapping[str, Any], key: str) -> Four | None:
    """Four whole numbers under `key`, or None."""
    four = four_of(config, key)
    return None if four is None else (round(four[0]), round(four[1]), round(four[2]), round(four[3]))
