"""Rows of all processes in one tensor, with gradients: contrastive losses need many negatives, a GPU holds few."""

import torch
from torch import Tensor, distributed
from torch.distributed.nn.functional import all_gather


def gather_rows(rows: Tensor) -> Tensor:
    """(R * N, …): the (N, …) rows of all R processes in order of their rank; `rows` itself in a single process.

    A loss of all rows, computed in every process and averaged over them as DDP does, gives the gradient that one
    process would have: each row collects it from all R losses.
    """
    if not (distributed.is_available() and distributed.is_initialized()) or distributed.get_world_size() == 1:
        return rows
    return torch.cat(list(all_gather(rows.contiguous())))  # type: ignore[no-untyped-call]


def gather_clips(clip: Tensor) -> Tensor:
    """(R * N,) int64: as `gather_rows` for the numbers of the rows' clips, made different in each process."""
    if not (distributed.is_available() and distributed.is_initialized()) or distributed.get_world_size() == 1:
        return clip
    parts = [torch.empty_like(clip) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, clip.contiguous())
    return torch.cat([part + rank * (len(clip) + 1) for rank, part in enumerate(parts)])
