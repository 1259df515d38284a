"""Device names of every command (`auto`, `cpu`, `cuda`, `cuda:N`, `mps`), checked before any network is loaded.

Light: torch is imported only where the machine must be asked.
"""

import logging
import re
from difflib import get_close_matches

from talkface.errors import InputError

log = logging.getLogger(__name__)
NAMES = ("auto", "cpu", "cuda", "cuda:0", "mps")
_FORM = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?", re.ASCII)
_REMEDY = "use auto, cpu, cuda, cuda:N or mps"
PASCAL_REMEDY = "install torch==2.13.0 and torchvision==0.28.0 from PyTorch's cu126 wheels (README, GTX 1080 Ti)"


def check_device(name: object) -> str:
    """`name` itself if it is a device that may be asked for here: what every command does before anything else.

    InputError: a device that is misspelt, or a GPU that this machine does not have. (auto and cpu load no torch.)
    """
    text = _well_formed(name)
    return text if text in ("auto", "cpu") else resolve_device(text)


def resolve_device(name: object = "auto", *, cpu_only: bool = False) -> str:
    """The device of `name` on this machine: `cpu`, `cuda`, `cuda:N` or `mps`.

    auto: the first CUDA GPU if this torch has kernels for it, else the CPU. (Never mps, whose results nobody has
    compared: it is used where it is asked for.) cpu_only: what is going to run there knows no other device.
    InputError: a device that is misspelt or that this machine does not have.
    """
    text = _well_formed(name)
    if text == "cpu" or (text == "auto" and cpu_only):
        return "cpu"
    import torch

    if text == "auto":
        return "cuda" if torch.cuda.is_available() and _usable(0) else "cpu"
    if text == "mps":
        if not torch.backends.mps.is_available():
            raise InputError("no Metal GPU here", "device=mps", "use device=auto or cpu")
        return text
    _check_cuda(text)
    return text


def _well_formed(name: object) -> str:
    text = str(name)
    if _FORM.fullmatch(text):
        return text
    near = get_close_matches(text.lower(), NAMES, n=1, cutoff=0.5)
    raise InputError("no such device", f"device={text}", f"did you mean {near[0]}? {_REMEDY}" if near else _REMEDY)


def _usable(index: int) -> bool:
    found = missing_kernels(index)
    if found:
        log.warning("device=auto takes the CPU: %s; %s", found, PASCAL_REMEDY)
    return found is None


def _check_cuda(text: str) -> None:
    import torch

    if not torch.cuda.is_available():
        why = "no usable CUDA GPU" if torch.version.cuda else "this torch is built without CUDA"
        raise InputError(why, f"device={text}", "use device=auto or cpu, or install a CUDA build of torch (README)")
    index, count = int(text.partition(":")[2] or 0), torch.cuda.device_count()
    if index >= count:
        there = "cuda:0" if count == 1 else f"cuda:0 to cuda:{count - 1}"
        raise InputError("no such GPU", f"device={text}", f"this machine has {there}")
    if found := missing_kernels(index):
        raise InputError(found, f"device={text}, torch {torch.__version__}", PASCAL_REMEDY)


def missing_kernels(index: int) -> str | None:
    """What is wrong when the installed torch has no kernels for GPU number `index`; None where it has."""
    import torch

    major, minor = torch.cuda.get_device_capability(index)
    built = [int(arch.removeprefix("sm_")) for arch in torch.cuda.get_arch_list() if arch.startswith("sm_")]
    if any(arch // 10 == major and arch % 10 <= minor for arch in built):
        return None
    return f"this torch has no kernels for compute capability {major}.{minor}"
