"""Accumulator of a file's own times over files. Formula: functional/container."""

from torch import tensor

from talkface.metrics.functional.container import FileTimes
from talkface.metrics.mean import MeanOfMeasured


class FileAlignment(MeanOfMeasured):
    """Mean over files of |sound start - picture start| and |sound end - picture end|; `compute` gives (2,) seconds."""

    higher_is_better = False

    def __init__(self) -> None:
        super().__init__(columns=2)

    def update(self, times: FileTimes) -> None:
        """One file."""
        self.add(tensor([[abs(float(times.start_gap)), abs(float(times.end_gap))]]))
