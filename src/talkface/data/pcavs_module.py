"""LightningDataModules of PC-AVS's three stages, over the aligned packs of prepared corpora."""

from collections.abc import Callable, Sequence
from typing import Any

from torch.utils.data import Dataset

from talkface.audio.pcavs_mel import PCAVS
from talkface.batch import joined, joined_clips
from talkface.data.module import PackedDataModule
from talkface.data.pcavs import PoseData, SpeakerData, SpeechData, View
from talkface.data.windows import Source
from talkface.timeline import Timeline


class AlignedDataModule(PackedDataModule):
    """Common part; subclasses name their items. view: how pictures are shown. frames: of a speech window.

    Further arguments: `PackedDataModule`.
    """

    pack_name = "aligned"
    items: Callable[..., Dataset[Any]]

    def __init__(self, *arguments: Any, view: View | None = None, frames: int = 5, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.view, self.frames = view or View(), frames
        self.timeline = Timeline(hop_length=PCAVS.hop_length, convention=self.timeline.convention)

    def setup(self, stage: str | None = None) -> None:
        """As `PackedDataModule.setup`; clips shorter than a window are left out."""
        super().setup(stage)
        self.train_sources = [source for source in self.train_sources if source.clip.frames >= self.frames]
        self.validation_sources = [source for source in self.validation_sources if source.clip.frames >= self.frames]

    @property
    def speakers(self) -> int:
        """How many people the training split shows."""
        return len(numbered_speakers(self.train_sources))

    def options_of(self, sources: Sequence[Source], *, fixed: bool) -> dict[str, Any]:
        """Arguments of a data set over `sources`. fixed: a validation set, always the same items."""
        plain = {"seed": 0, "length": self.validation_items}
        chosen = plain if fixed else {"seed": self.seed, "picture": self.picture}
        return {"speakers": numbered_speakers(sources), "view": self.view, **chosen, **self._options()}

    def train_set(self) -> Dataset[Any]:
        return type(self).items(self.train_sources, **self.options_of(self.train_sources, fixed=False))

    def validation_set(self) -> Dataset[Any]:
        return type(self).items(self.validation_sources, **self.options_of(self.validation_sources, fixed=True))


def numbered_speakers(sources: Sequence[Source]) -> dict[str, int]:
    """Speakers in alphabetical order → 0, 1, 2 …"""
    return {name: number for number, name in enumerate(sorted({source.clip.speaker for source in sources}))}


class SpeakerDataModule(AlignedDataModule):
    """Stage 1. Validation pictures are of people that training never saw."""

    items, join = SpeakerData, staticmethod(joined)


class SpeechDataModule(AlignedDataModule):
    """Stage 2. A validation batch is one clip, so that its negatives are all its own."""

    items, join = SpeechData, staticmethod(joined_clips)

    def options_of(self, sources: Sequence[Source], *, fixed: bool) -> dict[str, Any]:
        """As `AlignedDataModule.options_of`, with the length of a window."""
        return {"frames": self.frames, **super().options_of(sources, fixed=fixed)}


class PoseDataModule(AlignedDataModule):
    """Stage 3."""

    items, join = PoseData, staticmethod(joined)

    def validation_batch(self) -> int:
        return min(4, self.validation_items)
