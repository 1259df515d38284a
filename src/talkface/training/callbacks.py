"""What a run leaves behind: curve, exported weights, sample videos with sound."""

import json
import logging
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch

from talkface.batch import GeneratorBatch
from talkface.checkpoint import save_weights
from talkface.media import Audio, VideoWriter, atomic_path, atomic_write_text
from talkface.torchvision_shim import prepare_torchvision
from talkface.training.base import TrainingModule

prepare_torchvision()
from pytorch_lightning import Callback, Trainer  # noqa: E402  (needs the shim first)
from pytorch_lightning.callbacks import RichProgressBar  # noqa: E402

log = logging.getLogger(__name__)


class UpdateProgress(RichProgressBar):
    """The bars of a run that is counted in updates; Lightning's own would say "Epoch 0/-2"."""

    def _get_train_description(self, current_epoch: int) -> str:
        return f"{'Training':{len(self.validation_description)}}"


class History(Callback):
    """Appends what is logged to ``history.jsonl`` and draws ``learning_curve.png`` after each validation."""

    def __init__(self, folder: Path | str, every: int) -> None:
        """every: updates between two rows of training values."""
        self.folder, self.every = Path(folder), every

    def on_fit_start(self, trainer: Trainer, module: Any) -> None:
        """A resumed run forgets what was logged after the checkpoint it continues from.

        A line that was only half written when a run was killed is left out. What a fresh start or a damaged file would
        lose beyond that is kept as ``history.jsonl.old``.
        """
        if not trainer.is_global_zero or not self.path.exists():
            return
        rows, unreadable = self._read()
        kept = [row for row in rows if row["step"] <= module.step]
        if unreadable:
            log.warning("%s: %d line(s) cannot be read and are left out", self.path, unreadable)
        if (rows and not kept) or unreadable > 1:
            self.path.replace(self.path.with_name(f"{self.path.name}.old"))
        atomic_write_text(self.path, "".join(json.dumps(row) + "\n" for row in kept))

    @property
    def path(self) -> Path:
        """The file of rows ``{"step": …, "train/…": …, "val/…": …}``."""
        return self.folder / "history.jsonl"

    def rows(self) -> list[dict[str, float]]:
        """Everything logged so far, in the order of steps."""
        return self._read()[0]

    def _read(self) -> tuple[list[dict[str, float]], int]:
        """Rows, and how many lines are none."""
        if not self.path.exists():
            return [], 0
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        rows = [row for line in lines if (row := _row_of(line)) is not None]
        return rows, sum(bool(line.strip()) for line in lines) - len(rows)

    def _append(self, module: TrainingModule, metrics: dict[str, Any], prefix: str) -> None:
        row = {
            name: float(value)
            for name, value in metrics.items()
            if name.startswith(prefix) and name.count("_epoch") == 0
        }
        with self.path.open("a") as stream:
            stream.write(json.dumps({"step": module.step, **row}) + "\n")

    def on_train_batch_end(self, trainer: Trainer, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if trainer.is_global_zero and module.batches_done % (self.every * module.update.accumulation) == 0:
            self._append(module, dict(trainer.callback_metrics), "train/")

    def on_validation_end(self, trainer: Trainer, module: Any) -> None:
        if trainer.is_global_zero and not trainer.sanity_checking:
            self._append(module, dict(trainer.callback_metrics), "val/")
            draw_curves(self.rows(), self.folder / "learning_curve.png")


def _row_of(line: str) -> dict[str, float] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("step"), int | float) else None


def draw_curves(rows: list[dict[str, float]], picture: Path) -> None:
    """One panel a quantity, training and validation in it, over steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = sorted({key.split("/", 1)[1] for row in rows for key in row if "/" in key})
    figure = Figure(figsize=(4 * min(4, len(names)), 2.6 * -(-len(names) // 4)), layout="constrained")
    FigureCanvasAgg(figure)
    for number, name in enumerate(names):
        panel = figure.add_subplot(-(-len(names) // 4), min(4, len(names)), number + 1, title=name)
        for stage in ("train", "val"):
            points = [(row["step"], row[f"{stage}/{name}"]) for row in rows if f"{stage}/{name}" in row]
            if points:
                panel.plot(*zip(*points, strict=True), label=stage, marker="." if len(points) < 30 else "")
        panel.legend(fontsize=7)
    with atomic_path(picture) as temporary:
        figure.savefig(temporary, dpi=90)


class ExportWeights(Callback):
    """Writes what serving needs, a ``<kind>.safetensors`` for each network, after each validation and at the end."""

    def __init__(self, folder: Path | str, facts: dict[str, Any]) -> None:
        """facts: stored in the file's metadata (recipe, corpora, licence)."""
        self.folder, self.facts, self.written = Path(folder), facts, -1

    def path(self, kind: str) -> Path:
        """Where the weights of the network of `kind` go."""
        return self.folder / f"{kind}.safetensors"

    def on_validation_end(self, trainer: Trainer, module: Any) -> None:
        if trainer.is_global_zero and not trainer.sanity_checking:
            scores = {k: round(float(v), 5) for k, v in trainer.callback_metrics.items() if k.startswith("val/")}
            self.write(module, scores)

    def on_train_end(self, trainer: Trainer, module: Any) -> None:
        """The last updates too, where no validation follows them; such weights have no scores."""
        if trainer.is_global_zero and self.written != module.step:
            self.write(module, {})

    def write(self, module: TrainingModule, scores: dict[str, float]) -> None:
        """The averaged weights as float16, with what is known of them. scores: of the validation at this very step."""
        for kind, (network, config) in module.exports().items():
            metadata = {"kind": kind, "config": config, "step": module.step, "metrics": scores}
            save_weights(self.path(kind), network.state_dict(), {**metadata, **self.facts}, half=True)
        self.written = module.step


class SampleVideo(Callback):
    """After each validation a video with sound of the first validation clip: target above generated."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def on_validation_end(self, trainer: Trainer, module: Any) -> None:
        if not trainer.is_global_zero or trainer.sanity_checking:
            return
        batch, samples = trainer.datamodule.sample_clip()  # type: ignore[attr-defined]
        generated = _generate(module, batch)
        target = batch.target.flatten(0, 1).numpy()
        rows = np.concatenate([target, generated], axis=2).transpose(0, 2, 3, 1)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step_{module.step:07d}.mp4"
        audio = Audio(samples, 16000, Fraction(0))
        with VideoWriter(path, width=rows.shape[2], height=rows.shape[1], fps=Fraction(25), audio=audio) as video:
            for row in rows:
                video.write(np.ascontiguousarray(row))
        for logger in trainer.loggers:
            _show(logger, path, rows, module.step)


@torch.inference_mode()
def _generate(module: Any, batch: GeneratorBatch) -> np.ndarray[Any, np.dtype[np.uint8]]:
    made = module.generate(batch.to(module.device), module.served).flatten(0, 1)
    return np.asarray((made * 255.0).round().clamp(0, 255).byte().cpu().numpy())


def _show(logger: Any, path: Path, rows: np.ndarray[Any, Any], step: int) -> None:
    """Hand a video to wandb (with sound) or a strip of pictures to TensorBoard, which cannot play sound."""
    name = type(logger).__name__
    if name == "WandbLogger":
        logger.log_video("sample", [str(path)], step=step)
    elif name == "TensorBoardLogger":
        logger.experiment.add_image(
            "sample", np.concatenate(list(rows[:: max(1, len(rows) // 8)]), axis=1), step, dataformats="HWC"
        )
