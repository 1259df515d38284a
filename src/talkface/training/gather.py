"""Rows of all processes in one tensor, with gradients: contrastive losses need many negatives, a GPU holds few."""

import torch
from torch import Tensor, distributed


def gather_rows(rows: Tensor) -> Tensor:
    """(R * N, …): the (N, …) rows of all R processes in order of their rank; `rows` itself in a single process.

    Only the own rows carry a gradient, R times it: a loss of all rows, computed in every process and averaged over
    them as DDP does, then gives the gradient that one process would have. Nothing is communicated going backward, where
    it would meet DDP's own messages.
    """
    if processes() == 1:
        return rows
    parts = _all(rows.detach())
    parts[distributed.get_rank()] = rows.detach() + processes() * (rows - rows.detach())
    return torch.cat(parts)


def gather_clips(clip: Tensor) -> Tensor:
    """(R * N,) int64: as `gather_rows` for the numbers of the rows' clips, made different in each process."""
    if processes() == 1:
        return clip
    return torch.cat([part + rank * (len(clip) + 1) for rank, part in enumerate(_all(clip))])


def processes() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def _all(rows: Tensor) -> list[Tensor]:
    parts = [torch.empty_like(rows) for _ in range(processes())]
    distributed.all_gather(parts, rows.contiguous())
    return parts
