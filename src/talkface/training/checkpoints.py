"""Training checkpoints on disk: read with care, found when a run goes on, kept two at a time.

A checkpoint (`.ckpt`) is everything a run needs to go on; weights for serving are `talkface.checkpoint`'s.
"""

import logging
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from talkface.errors import InputError
from talkface.models.upstream.reading import DAMAGE
from talkface.torchvision_shim import prepare_torchvision
from talkface.training.divergence import ensure_finite

prepare_torchvision()
from pytorch_lightning import Callback, Trainer  # noqa: E402  (needs the shim first)

log = logging.getLogger(__name__)
LAST, PREVIOUS = "last.ckpt", "previous.ckpt"
_NEEDED = ("talkface", "state_dict", "optimizer_states", "lr_schedulers", "loops")
_ANEW = "give an intact .ckpt file, or resume=never to start anew"


class UnreadableCheckpointError(InputError):
    """A file that no run can go on from, whatever the run: damaged, or no training checkpoint at all."""


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a training checkpoint, tensors on the CPU and backed by the file; nothing in it is run.

    Every byte is checked against the file's own checksums. InputError: no such file. UnreadableCheckpointError: empty,
    cut short or altered; weights only (`.safetensors`, an official `.pth`); anything else, such as a page of HTML.
    """
    if not path.is_file():
        raise InputError("no checkpoint to resume from", path, "give a .ckpt file, resume=auto or resume=never")
    _check_bytes(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except DAMAGE as error:
        raise UnreadableCheckpointError("checkpoint is damaged", path, _ANEW) from error
    except pickle.UnpicklingError as error:
        raise UnreadableCheckpointError("checkpoint refused, it holds more than plain data", path, _ANEW) from error
    if not isinstance(content, Mapping) or any(key not in content for key in _NEEDED):
        raise UnreadableCheckpointError(
            "weights alone, not a training checkpoint", path, f"start from them: init={path}"
        )
    return dict(content)


def _check_bytes(path: Path) -> None:
    """UnreadableCheckpointError unless `path` is a whole zip archive, as `torch.save` writes them."""
    try:
        with path.open("rb") as stream:
            head = stream.read(9)
        if not head:
            raise UnreadableCheckpointError("checkpoint is empty", path, _ANEW)
        if head[8:] == b"{":  # eight bytes of length, then JSON
            raise UnreadableCheckpointError("weights alone (safetensors), not a checkpoint", path, f"use init={path}")
        if not head.startswith(b"PK"):
            raise UnreadableCheckpointError("not a training checkpoint", path, _ANEW)
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise UnreadableCheckpointError("checkpoint is damaged (cut short?)", path, _ANEW) from error
    except OSError as error:
        raise UnreadableCheckpointError(f"checkpoint cannot be read ({error.strerror})", path, _ANEW) from error
    if broken is not None:
        raise UnreadableCheckpointError("checkpoint is damaged (a checksum differs)", path, _ANEW)


def newest_checkpoint(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The newest intact checkpoint in a run's folder of checkpoints, and its content; None where there is none yet.

    One that is damaged is passed over, and the log says so. UnreadableCheckpointError: all of them are.
    """
    first: UnreadableCheckpointError | None = None
    for path in (folder / LAST, folder / PREVIOUS):
        if not path.exists():
            continue
        try:
            content = read_checkpoint(path)
        except UnreadableCheckpointError as error:
            first = first or error
            continue
        if first is not None:
            step = content["talkface"].get("step")
            log.warning("%s: %s - going on from %s%s", first.what, first.where, path, f", step {step}" if step else "")
        return path, content
    if first is not None:
        raise first
    return None


class SaveLast(Callback):
    """Keeps ``last.ckpt`` and the one before it, ``previous.ckpt``.

    Saved every `every` updates, after each validation (so that what validation decided is in it; Lightning's
    ModelCheckpoint saves before the validation of the same step) and at the end. A file is replaced in one move, and
    only once its successor is complete; weights that are not finite are never saved. What a run finds there and does
    not go on from is kept beside it as ``….ckpt.old``.
    """

    def __init__(self, folder: Path | str, every: int, *, resumed: Path | None = None) -> None:
        """folder: of the checkpoints. resumed: the checkpoint that this run goes on from."""
        self.path, self.previous, self.every = Path(folder) / LAST, Path(folder) / PREVIOUS, every
        self.resumed, self.saved = resumed and resumed.resolve(), -1

    def save(self, trainer: Trainer, module: Any) -> None:
        """Write the checkpoint beside its place, then move it there. All ranks must call it."""
        ensure_finite(trainer, module, self.path)
        temporary = self.path.with_suffix(".part")
        try:
            trainer.save_checkpoint(temporary)
            if trainer.is_global_zero:
                self._keep(temporary, again=self.saved == module.batches_done)
        finally:
            if trainer.is_global_zero:
                temporary.unlink(missing_ok=True)
        self.saved = module.batches_done

    def _keep(self, temporary: Path, *, again: bool) -> None:
        """Move a complete checkpoint to its place. again: it is of the same update as the last one."""
        if self.saved < 0 and self.resumed != self.path.resolve():
            for path in (self.path, self.previous):
                if path.exists() and path.resolve() != self.resumed:
                    path.replace(path.with_name(f"{path.name}.old"))
        elif self.path.exists() and not again:
            self.path.replace(self.previous)
        temporary.replace(self.path)

    def on_train_batch_end(self, trainer: Trainer, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if module.batches_done % (self.every * module.update.accumulation) == 0:
            self.save(trainer, module)

    def on_validation_end(self, trainer: Trainer, module: Any) -> None:
        if not trainer.sanity_checking:
            self.save(trainer, module)

    def on_train_end(self, trainer: Trainer, module: Any) -> None:
        """The last updates too, where neither a validation nor the rhythm of saving follows them."""
        if self.saved != module.batches_done:
            self.save(trainer, module)
