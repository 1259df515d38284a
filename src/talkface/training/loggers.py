"""Loggers that need more than a config line."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from talkface.torchvision_shim import prepare_torchvision

_ID_FILE = "wandb_id.txt"


def wandb_logger(save_dir: Path | str, project: str, name: str, group: str | None = None, resume: str = "auto") -> Any:
    """Weights & Biases, offline when nobody is logged in: a run must never stop to ask for a key.

    name: what tells this run from the others of its `group`, the experiment or sweep. A run that goes on in its folder
    goes on as the same run there; resume: ``never`` makes a new one.
    """
    prepare_torchvision()
    from pytorch_lightning.loggers import WandbLogger

    known = os.environ.get("WANDB_API_KEY") or "api.wandb.ai" in _netrc()
    offline = os.environ.get("WANDB_MODE", "online" if known else "offline") == "offline"
    folder = Path(save_dir)
    folder.mkdir(parents=True, exist_ok=True)
    own: dict[str, Any] = {"id": _run_id(folder, anew=resume == "never"), "resume": "allow", "group": group}
    return WandbLogger(project=project, name=name, save_dir=str(folder), offline=offline, **own)


def finish(loggers: Sequence[Any]) -> None:
    """End what stays open in this process: else the next run of a sweep would be logged as part of this one."""
    if any(type(logger).__name__ == "WandbLogger" for logger in loggers):
        import wandb

        if wandb.run is not None:
            wandb.finish()


def _run_id(folder: Path, *, anew: bool) -> str:
    """The run's name at Weights & Biases, kept in its folder."""
    path = folder / _ID_FILE
    if anew or not path.is_file() or not path.read_text(encoding="utf-8").strip().isalnum():
        path.write_text(secrets.token_hex(4) + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def _netrc() -> str:
    path = Path.home() / ".netrc"
    return path.read_text() if path.is_file() else ""
