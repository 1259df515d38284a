"""DataModules of the mouth model: folders of labelled mouth clips in the place of packed corpora."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from talkface.batch import joined
from talkface.data.face_crops import MIRRORED
from talkface.data.module import PackedDataModule
from talkface.data.mouth_frames import MouthFrames
from talkface.data.mouth_points import MouthPoints
from talkface.data.mouth_set import MouthOdds, MouthSet
from talkface.data.mouth_speech import MouthSpeech
from talkface.errors import InputError
from talkface.face.mouth_basis import find_basis
from talkface.face.mouth_shape import MouthBasis
from talkface.mouth_clips import ROWS_FILE, MouthRow


class MouthClipsDataModule(PackedDataModule):
    """Common part: `corpora` are folders made by ``preprocess.py action=label_mouths``."""

    join = staticmethod(joined)
    most, sharp = 120, 0.0
    lack = "label more clips, or with a smaller label.longest, so that there are some for validation"

    def setup(self, stage: str | None = None) -> None:
        """Open the folders. InputError: none is given, or a split holds nothing usable."""
        if self.corpora is None:
            raise InputError("no labelled mouth clips given", "data.corpus", "give data.corpus=[FOLDER,…]")
        folders: Sequence[Path | str] = [self.corpora] if isinstance(self.corpora, Path | str) else self.corpora
        odds = MouthOdds(self.sampling.balance, self.sampling.lengths, self.most, self.sharp)
        self.clips_of = {
            split: MouthSet(folders, split, odds, wanted=self.wanted, lack=self.lack) for split in ("train", "val")
        }

    @staticmethod
    def wanted(row: MouthRow) -> bool:
        """Whether a clip can be used."""
        return True

    def fingerprints(self) -> dict[str, str]:
        """Name of each folder → SHA-256 of its index, which has the checksum of each clip."""
        folders = [reader.folder for reader in self.clips_of["train"].readers]
        return {folder.name: hashlib.sha256((folder / ROWS_FILE).read_bytes()).hexdigest() for folder in folders}

    def validation_batch(self) -> int:
        return min(16, self.validation_items)


class MouthSpeechDataModule(MouthClipsDataModule):
    """Speech and coefficients for the audio network. Their basis is the network's, which asks `find_basis` for it."""

    most = 400
    lack = "clips need sound and landmarks with depth: label.landmarks=mesh"

    @staticmethod
    def wanted(row: MouthRow) -> bool:
        """With sound and depth."""
        return row.deep and row.steps > 0

    def find_basis(self) -> MouthBasis:
        """The basis of the training clips."""
        clips, labels = self.clips_of["train"], []
        for place in range(len(clips.clips)):
            one = clips.labels(place)
            labels.append(one.landmarks[one.known])
        return find_basis(labels, [row.speaker for row in clips.rows], MIRRORED)

    @property
    def basis(self) -> MouthBasis:
        """That of the network that is trained: a resumed or refined one keeps the basis it began with."""
        assert self.trainer is not None
        module: Any = self.trainer.lightning_module
        basis = module.basis
        return MouthBasis(*(part.detach().cpu().numpy() for part in basis))

    def train_set(self) -> Dataset[Any]:
        return MouthSpeech(self.clips_of["train"], self.basis, seed=self.seed)

    def validation_set(self) -> Dataset[Any]:
        return MouthSpeech(self.clips_of["val"], self.basis, length=self.validation_items, plain=True)


class MouthFramesDataModule(MouthClipsDataModule):
    """Frames and references for the renderer."""

    sharp = 1.5

    def train_set(self) -> Dataset[Any]:
        return MouthFrames(self.clips_of["train"], seed=self.seed)

    def validation_set(self) -> Dataset[Any]:
        return MouthFrames(self.clips_of["val"], length=self.validation_items, plain=True)


class MouthPointsDataModule(MouthClipsDataModule):
    """Crops and points for the landmark network."""

    most = 60

    def train_set(self) -> Dataset[Any]:
        return MouthPoints(self.clips_of["train"], seed=self.seed)

    def validation_set(self) -> Dataset[Any]:
        return MouthPoints(self.clips_of["val"], length=self.validation_items, plain=True)
