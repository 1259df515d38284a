"""Rows of two processes: the averaged gradient is that of one process with all rows."""

import socket
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from third_stage import WEIGHTS, module, random_batch
from torch import distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from talkface.batch import PoseBatch
from talkface.losses import contrastive_both_ways
from talkface.training.base import weighted_total
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
    torch.save((found / 2, gather_clips(clips()[own]), third_stage(rank)), Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


class ThirdStage(nn.Module):
    """The loss of a batch in PC-AVS's third stage, without what each process has of its own: statistics, dropout."""

    def __init__(self) -> None:
        super().__init__()
        more = {"movement": 5.0, "head_movement": 5.0, "turns": 1.0, "flow": 5.0}
        self.stage = module(warp=True, loss={**WEIGHTS, **more})
        self.stage.discriminator.requires_grad_(False)
        self.stage.networks.eval()

    def forward(self, batch: PoseBatch) -> torch.Tensor:
        losses = self.stage.losses(self.stage.generate(batch, self.stage.networks), batch)
        assert set(self.stage.loss) <= set(losses)
        return weighted_total(self.stage.loss, losses)


def third_stage_batch() -> PoseBatch:
    batch = random_batch(clips=4)
    return replace(batch, turns=torch.randn(4, 2, 3), places=torch.rand(4, 3, 68, 2) - 0.5)


def part_of(batch: PoseBatch, rows: slice) -> PoseBatch:
    found = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return PoseBatch(**{name: None if value is None else value[rows] for name, value in found.items()})


def gradients(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name.removeprefix("module."): p.grad for name, p in network.named_parameters() if p.grad is not None}


def third_stage(rank: int) -> dict[str, torch.Tensor]:
    shared = DistributedDataParallel(ThirdStage(), find_unused_parameters=True)
    shared(part_of(third_stage_batch(), slice(2 * rank, 2 * rank + 2))).backward()
    return gradients(shared)


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
    whole = ThirdStage()
    whole(third_stage_batch()).backward()
    for rank in (0, 1):
        found, numbers, stage = torch.load(tmp_path / f"{rank}.pt")
        assert torch.equal(numbers, apart)
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
        assert set(stage) == set(gradients(whole)) and len(stage) > 100
        for name, gradient_of_one in gradients(whole).items():
            scale = gradient_of_one.abs().max().item() + 1e-6
            torch.testing.assert_close(stage[name], gradient_of_one, atol=2e-4 * scale, rtol=0, msg=name)
