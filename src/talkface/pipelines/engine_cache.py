"""OpenVINO's models on disk, so that a second start neither converts nor calibrates; complete or absent."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import nn

logger = logging.getLogger(__name__)
_FORMAT = 1  # of what is stored; raised whenever the served network changes
_PACKAGES = ("openvino", "nncf", "torch")


def cache_folder() -> Path:
    """Where this user's caches are: $XDG_CACHE_HOME/talkface, or ~/.cache/talkface."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "talkface"


class ModelCache:
    """One network's converted models. Nothing is kept of a network that came from no file (it has no sha256)."""

    def __init__(self, folder: Path | None, generator: nn.Module, **form: object) -> None:
        """folder: None: no cache. form: whatever else the models depend on, as text."""
        weights = str(getattr(generator, "weights_sha256", ""))
        self._folder = folder / "openvino" if folder is not None and weights else None
        self._key = {"format": _FORMAT, "weights": weights} | {name: str(value) for name, value in form.items()}

    def load(self, kind: str) -> Any | None:
        """The stored model, or None. kind: "plain" or "int8". One that cannot be read is removed, with a warning."""
        if self._folder is None or not (path := self._place(kind) / "model.xml").is_file():
            return None
        try:
            return import_module("openvino").Core().read_model(path)
        except RuntimeError:
            logger.warning("%s: damaged, made anew", path)
            shutil.rmtree(path.parent, ignore_errors=True)
            return None

    def save(self, kind: str, model: Any) -> None:
        """Store a model. A folder that cannot be written is a warning: the run goes on without."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".partial-", dir=self._folder) as name:
                filled = Path(name) / "filled"
                filled.mkdir()
                import_module("openvino").save_model(model, filled / "model.xml", compress_to_fp16=False)
                if not self._place(kind).exists():  # else another process was first
                    filled.rename(self._place(kind))
        except OSError as error:
            logger.warning("%s: the converted model is not kept (%s)", self._folder, error.strerror)

    def _place(self, kind: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{kind}-{digest(self._key | installed())}"


def installed() -> dict[str, str]:
    """Versions of the packages that make and read the models, as far as they are there."""
    return {name: version(name) for name in _PACKAGES if find_spec(name) is not None}


def digest(key: Mapping[str, object]) -> str:
    """Sixteen hexadecimal digits that stand for a key."""
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
