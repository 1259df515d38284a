"""Lets torchvision's Python part import beside a CPU build of torch, whose compiled part it cannot load.

torchvision registers fake kernels for two of its operators at import; where its library does not load, those operators
do not exist and the import fails, and with it torchmetrics and Lightning. Declaring the two schemas is enough. Nothing is
faked: calling a missing operator keeps raising torchvision's own error.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_library: list[Any] = []  # keeps the declarations alive


def prepare_torchvision() -> None:
    """Call before importing torchvision, torchmetrics, pytorch_lightning or lpips. Cheap when nothing is to be done."""
    if _library or "torchvision" in sys.modules:
        return
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    import torch

    try:
        for library in Path(spec.origin).parent.glob("_C*"):
            torch.ops.load_library(str(library))
    except OSError:
        _library.append(torch.library.Library("torchvision", "FRAGMENT"))
        for schema in _SCHEMAS.values():
            _library[0].define(schema)
