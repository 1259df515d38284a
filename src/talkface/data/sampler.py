"""A sampler whose position is one number, so that a resumed run draws exactly what an uninterrupted one would."""

from collections.abc import Iterator

from torch.utils.data import Sampler


class PositionSampler(Sampler[list[int]]):
    """Batches of item numbers: batch b of rank r holds items ``(b * ranks + r) * size .. + size``.

    batches: length of the whole run (progress bars count to it). first: batches already trained on, at resume.
    """

    def __init__(self, batches: int, size: int, *, first: int = 0, rank: int = 0, ranks: int = 1) -> None:
        self.batches, self.size, self.first, self.rank, self.ranks = batches, size, first, rank, ranks

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[list[int]]:
        for batch in range(self.first, self.batches):
            start = (batch * self.ranks + self.rank) * self.size
            yield list(range(start, start + self.size))
