"""Loggers that need more than a config line."""

import os
from pathlib import Path
from typing import Any

from talkface.torchvision_shim import prepare_torchvision


def wandb_logger(save_dir: Path | str, project: str, name: str) -> Any:
    """Weights & Biases, offline when nobody is logged in: a run must never stop to ask for a key."""
    prepare_torchvision()
    from pytorch_lightning.loggers import WandbLogger

    known = os.environ.get("WANDB_API_KEY") or "api.wandb.ai" in _netrc()
    offline = os.environ.get("WANDB_MODE", "online" if known else "offline") == "offline"
    Path(save_dir).mkdir(parents=True, exist_ok=True)
    return WandbLogger(project=project, name=name, save_dir=str(save_dir), offline=offline)


def _netrc() -> str:
    path = Path.home() / ".netrc"
    return path.read_text() if path.is_file() else ""
