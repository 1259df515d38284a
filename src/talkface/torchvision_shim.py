"""Lets torchvision be imported beside a torch build that its compiled operators do not fit.

Torchvision's wheel may be a CUDA build while torch is a CPU build: its library then cannot be loaded, and importing it
fails because fake kernels are registered for two operators that do not exist. Declaring their schemas is enough;
nothing is implemented here, so `torchvision.ops.nms` and image decoding keep raising torchvision's own clear error.
"""

import importlib.util
import logging
import sys
from pathlib import Path
from typing import Any

_LOGGER = logging.getLogger(__name__)
_ARGUMENTS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_LIBRARY: Any = None  # must stay alive: its declarations vanish with it


def prepare_torchvision() -> None:
    """Call before the first import of torchvision, torchmetrics, pytorch_lightning, lpips or facenet_pytorch.

    Does nothing where torchvision is absent, already imported, or its operators load. Repeat-safe. Imports torch.
    """
    global _LIBRARY
    if _LIBRARY is not None or "torchvision" in sys.modules:
        return
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    if _loads(sorted(path for path in Path(spec.origin).parent.glob("_C*") if path.suffix in {".so", ".pyd"})):
        return
    import torch

    _LOGGER.debug("torchvision's operators do not load beside torch %s: declaring nms and qnms", torch.__version__)
    declare: Any = torch.library.Library  # untyped in torch
    library = declare("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(name + _ARGUMENTS)
    _LIBRARY = library


def operators_declared() -> bool:
    """True where `prepare_torchvision` had to declare the operators, so that torchvision's NMS cannot run."""
    return _LIBRARY is not None


def _loads(libraries: list[Path]) -> bool:
    """Whether torch can load every one of torchvision's compiled libraries (an empty list loads nothing)."""
    import torch

    operators: Any = torch.ops  # untyped in torch
    try:
        for path in libraries:
            operators.load_library(str(path))
    except OSError:
        return False
    return bool(libraries)
