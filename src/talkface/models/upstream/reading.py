"""Reading foreign pickles without running what is in them."""

import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from talkface.checkpoint import read_file
from talkface.errors import InputError

# What torch's reader raises on bytes that are no checkpoint (found by feeding it cut and altered files).
DAMAGE = (
    *(RuntimeError, EOFError, OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    *(AssertionError, MemoryError, struct.error, zipfile.BadZipFile),
)
PREFIX = "module."  # left by DataParallel


def read_pickle(path: Path) -> Any:
    """The content of a file written by `torch.save`, on the CPU; only plain data and tensors are allowed.

    InputError when the file is missing, damaged, a TorchScript archive, or holds anything that would run code.
    """
    data = read_file(path)
    if not data:
        raise InputError("weights file is empty", path, "get the file again")
    if _is_torchscript(path):
        remedy = "give the state dict: torch.save(torch.jit.load(file).state_dict(), 'weights.pth')"
        raise InputError("weights file is a TorchScript archive", path, remedy)
    try:
        with warnings.catch_warnings(action="ignore"):  # what torch has to say goes into the one line below
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refusal(path, data, str(error)) from error
    except DAMAGE as error:
        raise InputError("weights file is damaged or no checkpoint", path, "get the file again") from error


def plain_state(content: Any, where: object) -> dict[str, Tensor]:
    """The state dict in `content`, itself one or under `state_dict`; floating tensors float32, no `module.` prefix.

    Arrays are accepted as tensors. InputError when it is not a mapping of names to tensors.
    """
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise InputError("no state dict in the weights file", where, "give a checkpoint or a state dict")
    state = {str(key).removeprefix(PREFIX): _tensor(key, value, where) for key, value in content.items()}
    if len(state) != len(content):
        raise InputError("keys occur twice, with and without 'module.'", where, "give one network's state dict")
    return state


def _tensor(key: object, value: Any, where: object) -> Tensor:
    try:
        tensor = torch.as_tensor(value).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{key} is no tensor", where, "give a checkpoint or a state dict") from error
    return tensor.float() if tensor.is_floating_point() else tensor


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any("/code/" in name or name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, struct.error):  # torch's own reader will say what is wrong
        return False


def _refusal(path: Path, data: bytes, reason: str) -> InputError:
    """Torch refused: because the pickle asks for something that is not plain data, or because it is no pickle."""
    for marker in ("Unsupported global: GLOBAL ", "Unsupported class ", "Trying to instantiate unsafe type "):
        if marker in reason:
            name = reason.split(marker, 1)[1].split()[0].rstrip(".,")
            what = f"weights file refused, it would run code ({name})"
            return InputError(what, path, "give a file that holds only tensors")
    if data[:2] == b"PK" or data[:1] == b"\x80":
        return InputError("weights file refused, it holds more than tensors or is damaged", path, "give a state dict")
    return InputError("weights file is no checkpoint", path, "give a .safetensors, .ckpt or .pth file")
