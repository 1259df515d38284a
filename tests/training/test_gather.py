"""Rows of two processes: the averaged gradient is that of one process with all rows."""

import socket
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing

from talkface.losses import contrastive_both_ways
from talkface.training.gather import gather_clips, gather_rows

ROWS = 4  # of each process


def codes() -> tuple[torch.Tensor, torch.Tensor]:
    drawn = torch.Generator().manual_seed(0)
    return torch.randn(2 * ROWS, 6, generator=drawn), torch.randn(2 * ROWS, 6, generator=drawn)


def clips() -> torch.Tensor:
    return torch.tensor([0, 0, 1, 1, 0, 0, 1, 1])  # each process numbers its own from 0


def gradient(sounds: torch.Tensor, mouths: torch.Tensor, clip: torch.Tensor) -> torch.Tensor:
    """Of a matrix that both kinds of rows pass through."""
    weight = torch.eye(6).add(0.1).requires_grad_()
    rows = (gather_rows(sounds @ weight), gather_rows(mouths @ weight))
    contrastive_both_ways(*rows, clip=gather_clips(clip), cross_clip=0.3).backward()
    return weight.grad


def work(rank: int, port: int, folder: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    own = slice(rank * ROWS, (rank + 1) * ROWS)
    sounds, mouths = codes()
    found = gradient(sounds[own], mouths[own], clips()[own])
    distributed.all_reduce(found)
    torch.save((found / 2, gather_clips(clips()[own])), Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


def test_one_process_gathers_nothing():
    sounds, _ = codes()
    assert gather_rows(sounds) is sounds and gather_clips(clips()).equal(clips())


@pytest.mark.slow
def test_two_processes_give_the_gradient_of_one(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    multiprocessing.spawn(work, (port, str(tmp_path)), nprocs=2)
    apart = torch.tensor([0, 0, 1, 1, 5, 5, 6, 6])
    expected = gradient(*codes(), apart)
    for rank in (0, 1):
        found, numbers = torch.load(tmp_path / f"{rank}.pt")
        assert torch.equal(numbers, apart)
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
