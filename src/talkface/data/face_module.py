"""DataModules of the face networks: folders of labelled pictures in the place of packed corpora."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from talkface.data.face_crops import FaceCrops, join_crops
from talkface.data.face_scenes import FaceScenes, join_faces
from talkface.data.labels import LabelledSet
from talkface.data.module import PackedDataModule
from talkface.errors import InputError
from talkface.labelled import LABELS_FILE


class LabelledDataModule(PackedDataModule):
    """Common part: `corpora` are folders made by ``preprocess.py action=draw_faces`` or ``action=label_faces``."""

    points = False
    """Whether landmarks are needed."""

    def setup(self, stage: str | None = None) -> None:
        """Open the folders. InputError: none is given, or one holds nothing usable."""
        if self.corpora is None:
            raise InputError("no labelled pictures given", "data.corpus", "give data.corpus=[FOLDER,…]")
        folders: Sequence[Path | str] = [self.corpora] if isinstance(self.corpora, Path | str) else self.corpora
        self.labelled = {
            split: LabelledSet(folders, split, seed=self.seed if split == "train" else 0, points=self.points)
            for split in ("train", "val")
        }

    def fingerprints(self) -> dict[str, str]:
        """Name of each folder → SHA-256 of its labels: which faces, exactly, a network was trained on."""
        folders = [one.folder for one in self.labelled["train"].folders]
        return {folder.name: hashlib.sha256((folder / LABELS_FILE).read_bytes()).hexdigest() for folder in folders}

    def validation_batch(self) -> int:
        return min(16, self.validation_items)


class FaceScenesDataModule(LabelledDataModule):
    """Pictures and maps for the detector."""

    join = staticmethod(join_faces)

    def train_set(self) -> Dataset[Any]:
        return FaceScenes(self.labelled["train"])

    def validation_set(self) -> Dataset[Any]:
        return FaceScenes(self.labelled["val"], length=self.validation_items)


class FaceCropsDataModule(LabelledDataModule):
    """Crops and points for the landmark network."""

    join = staticmethod(join_crops)
    points = True

    def train_set(self) -> Dataset[Any]:
        return FaceCrops(self.labelled["train"])

    def validation_set(self) -> Dataset[Any]:
        return FaceCrops(self.labelled["val"], length=self.validation_items, plain=True)
