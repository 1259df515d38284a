"""What a run folder says of its own run."""

from collections.abc import Mapping
from pathlib import Path

from talkface.media import atomic_write_text
from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from pytorch_lightning import Callback, LightningModule, Trainer  # noqa: E402  (needs the shim first)


class RunRecord(Callback):
    """Writes texts by file name (``config.yaml``, ``overrides.yaml``) once a run has passed every check."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.folder, self.files = folder, dict(files)

    def on_fit_start(self, trainer: Trainer, module: LightningModule) -> None:
        if trainer.is_global_zero:
            for name, text in self.files.items():
                atomic_write_text(self.folder / name, text)
