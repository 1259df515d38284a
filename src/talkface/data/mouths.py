"""Mouths of drawn corpora with the shape they were drawn with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from talkface.batch import MouthBatch
from talkface.data.datasets import PackedData, crop_frames
from talkface.data.truth import mouth_shapes, seen_frames
from talkface.data.windows import Source


class MouthData(PackedData, Dataset[MouthBatch]):
    """Items: some frames of one clip, lower halves of their face crops and the shapes of their mouths."""

    def __init__(self, sources: Sequence[Source], **options: Any) -> None:
        """sources: those that never show the mouth whole are left out. options: as `PackedData`."""
        super().__init__([source for source in sources if len(seen_frames(source))], **options)

    def __getitem__(self, item: int) -> MouthBatch:
        source, rng = self.draw(item)
        frames = np.sort(rng.choice(seen_frames(source), self.sampling.windows))
        transform = self.picture.draw(rng, size=source.pack.size, context=source.pack.context)
        crops = crop_frames(source, frames.tolist(), transform)
        lower = np.ascontiguousarray(crops[:, crops.shape[1] // 2 :].transpose(0, 3, 1, 2))
        return MouthBatch(torch.from_numpy(lower), torch.from_numpy(mouth_shapes(source)[frames]))
