"""LightningDataModules over packed corpora: which data set, how many a device, where to resume."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import DataLoader, Dataset

from talkface.batch import GeneratorBatch, joined, joined_clips
from talkface.data.augment import PLAIN_MEL, PLAIN_PICTURES, MelAugmentation, PictureAugmentation
from talkface.data.datasets import (
    ExpertClips,
    ExpertData,
    GeneratorData,
    Sampling,
    consecutive_frames,
    on_one_thread,
)
from talkface.data.mouths import MouthData
from talkface.data.packed import open_packs
from talkface.data.sampler import PositionSampler
from talkface.data.windows import ClipFilter, Source, usable_clips
from talkface.errors import InputError
from talkface.timeline import SYNC_WINDOW, Convention, Timeline
from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from pytorch_lightning import LightningDataModule  # noqa: E402  (needs the shim first)


class PackedDataModule(LightningDataModule):
    """Common part: finding clips, sizing batches, loaders. Subclasses name the data sets and how items are joined.

    corpora: one packed corpus or several. batch: items a step over all devices and accumulated steps.
    batches: length of the run; set by the entry point. accumulation: steps whose gradients are added up.
    workers: loader processes a device. seed: of all random choices.
    """

    join: Callable[[Sequence[Any]], Any]
    pack_name = "packed"
    """Which of a corpus's packs is read."""

    def __init__(
        self,
        corpora: Path | str | Sequence[Path | str],
        *,
        batch: int,
        sampling: Sampling | None = None,
        clips: ClipFilter | None = None,
        picture: PictureAugmentation = PLAIN_PICTURES,
        mel: MelAugmentation = PLAIN_MEL,
        convention: Convention | str = Convention.EXACT,
        validation_items: int = 64,
        accumulation: int = 1,
        workers: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.corpora, self.batch, self.accumulation, self.workers, self.seed = (
            corpora,
            batch,
            accumulation,
            workers,
            seed,
        )
        self.sampling, self.clips = sampling or Sampling(), clips or ClipFilter()
        self.picture, self.mel, self.timeline = picture, mel, Timeline(convention=convention)
        self.validation_items, self.batches = validation_items, 0
        self.train_sources: list[Source] = []
        self.validation_sources: list[Source] = []

    def setup(self, stage: str | None = None) -> None:
        """Find the clips. Raises InputError when a split is empty (the originals then hang or divide by zero)."""
        packs = open_packs(self.corpora, self.pack_name)
        self.train_sources = usable_clips(packs, "train", self.clips)
        self.validation_sources = usable_clips(packs, "val", self.clips)
        for split, sources in (("train", self.train_sources), ("val", self.validation_sources)):
            if not sources:
                raise InputError(
                    f"no usable clip in split '{split}'", self.corpora, "check splits and data.clips filters"
                )

    def fingerprints(self) -> dict[str, str]:
        """Name of each corpus's folder → SHA-256 of its index: which clips, exactly, a network was trained on."""
        indices = [pack.folder / "index.jsonl" for pack in open_packs(self.corpora, self.pack_name)]
        return {index.parent.parent.name: hashlib.sha256(index.read_bytes()).hexdigest() for index in indices}

    def device_batch(self, devices: int) -> int:
        """Items a device sees in one forward pass; InputError when the recipe's batch cannot be divided."""
        parts = devices * self.accumulation
        if self.batch % parts:
            where = f"{devices} device(s) x accumulation {self.accumulation}"
            raise InputError(
                f"a batch of {self.batch} cannot be divided", where, "change hardware.accumulation or batch"
            )
        return self.batch // parts

    def train_loader(self, *, first: int, rank: int, ranks: int) -> DataLoader[Any]:
        """Loader of the training set from batch number `first` on."""
        size = self.device_batch(ranks)
        sampler = PositionSampler(self.batches, size, first=first, rank=rank, ranks=ranks)
        return self._loader(self.train_set(), batch_sampler=sampler)

    def train_dataloader(self) -> DataLoader[Any]:
        """Called by Lightning; continues where the module's own count of batches stands."""
        trainer = self.trainer
        assert trainer is not None
        done = int(getattr(trainer.lightning_module, "batches_done", 0))
        return self.train_loader(first=done, rank=trainer.global_rank, ranks=trainer.world_size)

    def val_dataloader(self) -> DataLoader[Any]:
        """Called by Lightning; the same items each time, shared out over the ranks by Lightning's own sampler."""
        return self._loader(self.validation_set(), batch_size=self.validation_batch())

    def _loader(self, data: Dataset[Any], **options: Any) -> DataLoader[Any]:
        context = {"multiprocessing_context": "spawn", "persistent_workers": True, "prefetch_factor": 4}
        options |= context if self.workers else {}
        return DataLoader(
            data, num_workers=self.workers, collate_fn=type(self).join, worker_init_fn=on_one_thread, **options
        )

    def train_set(self) -> Dataset[Any]:
        raise NotImplementedError

    def validation_set(self) -> Dataset[Any]:
        raise NotImplementedError

    def validation_batch(self) -> int:
        """Items of one validation batch."""
        return 1

    def _options(self) -> dict[str, Any]:
        return {"sampling": self.sampling, "timeline": self.timeline}


class ExpertDataModule(PackedDataModule):
    """Windows for the SyncNet expert; validation runs over whole clips, evenly chosen from the split."""

    join = staticmethod(joined_clips)

    def train_set(self) -> Dataset[Any]:
        return ExpertData(self.train_sources, seed=self.seed, picture=self.picture, mel=self.mel, **self._options())

    def validation_set(self) -> Dataset[Any]:
        every = max(1, len(self.validation_sources) // self.validation_items)
        return ExpertClips(self.validation_sources[::every][: self.validation_items], timeline=self.timeline)


class GeneratorDataModule(PackedDataModule):
    """Windows for the generator; validation items are drawn once and stay the same."""

    join = staticmethod(joined)

    def train_set(self) -> Dataset[Any]:
        return GeneratorData(self.train_sources, seed=self.seed, picture=self.picture, mel=self.mel, **self._options())

    def validation_set(self) -> Dataset[Any]:
        options = self._options() | {"sampling": replace(self.sampling, frames=SYNC_WINDOW)}
        return GeneratorData(self.validation_sources, seed=0, length=self.validation_items, **options)

    def validation_batch(self) -> int:
        return min(16, self.validation_items)

    def sample_clip(self, seconds: int = 3) -> tuple[GeneratorBatch, npt.NDArray[np.float32]]:
        """The first validation clip as one batch (rows are single frames in order), with its sound at 16 kHz."""
        source = self.validation_sources[0]
        frames = range(min(source.clip.frames, seconds * 25))
        batch = consecutive_frames(source, frames, timeline=self.timeline)
        return batch, source.pack.samples(source.clip)[: self.timeline.sample_of_frame(len(frames))]


class MouthDataModule(PackedDataModule):
    """Drawn mouths and their shapes; validation items are drawn once and stay the same."""

    join = staticmethod(joined)

    def train_set(self) -> Dataset[Any]:
        return MouthData(self.train_sources, seed=self.seed, sampling=self.sampling, picture=self.picture)

    def validation_set(self) -> Dataset[Any]:
        return MouthData(self.validation_sources, sampling=self.sampling, length=self.validation_items)

    def validation_batch(self) -> int:
        return min(16, self.validation_items)
