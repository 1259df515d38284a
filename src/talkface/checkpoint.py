"""Weights on disk: safetensors with a metadata block, written atomically and read strictly.

A checkpoint (resumable, `.ckpt`) belongs to the trainer; this file is about weights: only what serving needs.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from talkface.errors import InputError

DIGEST_KEY = "tensors_sha256"


def save_weights(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, Any], half: bool = False) -> None:
    """Write `state` and `metadata` (any JSON values) to a safetensors file; the file appears complete or not at all.

    half: keep floating tensors of two or more axes as float16 (they are read back as float32). Vectors (biases, norm
    statistics) stay float32: they weigh nothing and their range does not fit float16; nor do tensors beyond its range.
    """
    stored = {key: _stored(tensor, half) for key, tensor in state.items()}
    notes = {str(key): json.dumps(value) for key, value in metadata.items()}
    data = save(stored, {**notes, DIGEST_KEY: json.dumps(_digest(stored))})
    _write_atomically(Path(path), _canonical(data))


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """(state, metadata) of a file written by `save_weights`; floating tensors are float32.

    InputError when the file is missing, no safetensors file, cut short, or its tensors differ from what was saved.
    """
    data = read_file(Path(path))
    metadata = _read_metadata(Path(path), data)
    try:
        stored = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise InputError("weights file is damaged", path, f"get the file again ({error})") from error
    if DIGEST_KEY in metadata and metadata[DIGEST_KEY] != _digest(stored):
        raise InputError("weights file is damaged", path, "get the file again (checksum differs)")
    state = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in stored.items()}
    return state, metadata


def read_file(path: Path) -> bytes:
    """The bytes of a weights file, or InputError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("weights file not found", path, "check the path") from error
    except OSError as error:
        raise InputError("weights file cannot be read", path, f"give a readable file ({error.strerror})") from error


def file_sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    return hashlib.sha256(read_file(Path(path))).hexdigest()


def _stored(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous().clone()  # clone: safetensors refuses tensors that share memory
    if half and tensor.is_floating_point() and tensor.ndim >= 2:
        small = tensor.to(torch.float16)
        return small if bool(small.isfinite().all()) else tensor
    return tensor


def _digest(state: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for key in sorted(state):
        tensor = state[key].contiguous()
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _canonical(data: bytes) -> bytes:
    """The same file with sorted metadata: the library orders it at random, and equal content must give equal bytes."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors start at a multiple of eight bytes, as the format asks
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def _read_metadata(path: Path, data: bytes) -> dict[str, Any]:
    """The metadata block: the header is 8 bytes of length (little endian), then JSON; notes of others stay strings."""
    length = int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8 : 8 + length])
        notes = dict(header.get("__metadata__", {}))
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError("not a safetensors weights file", path, "give weights saved by talkface") from error
    return {key: _decoded(value) for key, value in notes.items()}


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value)
    except (ValueError, TypeError):
        return value


def _write_atomically(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
