"""Accumulators: many updates equal the function on everything, reset and pickling work, two processes equal one."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from torch import Tensor

from talkface.metrics.functional import image, landmark, sync
from talkface.metrics.image import Psnr, Ssim
from talkface.metrics.landmark import MouthLandmarkDistance
from talkface.metrics.sync import LipSyncError, PairAccuracy

CLIPS = 5


def embeddings(clip: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(clip)
    content = torch.rand(14 + 3 * clip, 8, generator=generator)
    return content, content + 0.8 * torch.rand(content.shape, generator=generator)


def pictures(clip: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(clip)
    first = torch.rand(1 + clip, 3, 12, 14, generator=generator)
    return first, (first + 0.1 * torch.rand(first.shape, generator=generator)).clamp(0, 1)


def points(clip: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(clip)
    made = torch.rand(4, 5, 2, generator=generator)
    made[clip % 4] = torch.nan
    return made, torch.rand(4, 5, 2, generator=generator)


def fill(rank: int, world: int) -> list[object]:
    """Every metric after the clips of one of `world` processes; results as plain numbers."""
    accuracy, error, ssim, psnr, lmd = PairAccuracy(), LipSyncError(), Ssim(), Psnr(), MouthLandmarkDistance()
    for clip in range(rank, CLIPS, world):
        accuracy.update(*embeddings(clip))
        error.update(*embeddings(clip))
        ssim.update(*pictures(clip))
        psnr.update(*pictures(clip))
        lmd.update(*points(clip))
    results: list[object] = []
    for metric in (accuracy, error, ssim, psnr, lmd):
        result = metric.compute()
        values = result.values() if isinstance(result, dict) else [result]
        results.append([round(float(value), 6) for value in values])
    return results


def test_one_process_equals_the_functions() -> None:
    accuracy, error, ssim, psnr, lmd = fill(0, 1)
    counts = sync.add_pair_counts(sync.pair_accuracy(*embeddings(clip)) for clip in range(CLIPS))
    assert accuracy == [pytest.approx(sync.accuracy_of(counts), abs=1e-6)]
    scores = [sync.lse(*embeddings(clip)) for clip in range(CLIPS)]
    assert error[0] == pytest.approx(sum(score.distance for score in scores) / CLIPS, abs=1e-5)
    assert error[1] == pytest.approx(sum(score.confidence for score in scores) / CLIPS, abs=1e-5)
    first, second = (torch.cat(each) for each in zip(*map(pictures, range(CLIPS)), strict=True))
    assert ssim == [pytest.approx(float(image.ssim(first, second).mean()), abs=1e-5)]
    assert psnr == [pytest.approx(float(image.psnr_of(image.squared_error(first, second).mean())), abs=1e-4)]
    made, true = (torch.cat(each) for each in zip(*map(points, range(CLIPS)), strict=True))
    assert lmd == [pytest.approx(each, abs=1e-5) for each in landmark.lmd(made, true)]


@pytest.mark.parametrize(
    ("build", "data"),
    [(PairAccuracy, embeddings), (LipSyncError, embeddings), (Ssim, pictures), (Psnr, pictures)],
)
def test_reset_pickle_and_order(build: Callable, data: Callable[[int], tuple[Tensor, Tensor]]) -> None:
    metric = build()
    for clip in range(3):
        metric.update(*data(clip))
    expected = metric.compute()
    torch.testing.assert_close(pickle.loads(pickle.dumps(metric)).compute(), expected)
    metric.reset()
    for clip in (2, 0, 1):
        metric.update(*data(clip))
    torch.testing.assert_close(metric.compute(), expected)


def test_counts_of_the_accumulator_are_those_of_the_function() -> None:
    metric = PairAccuracy()
    metric.update(*embeddings(0))
    counts = {distance: pair for distance, pair in metric.counts().items() if pair[1]}
    assert counts == sync.pair_accuracy(*embeddings(0))


def _run_process(rank: int, folder: str) -> None:
    store = f"file://{folder}/store"
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    torch.save(fill(rank, 2), Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path: Path) -> None:
    multiprocessing.spawn(_run_process, args=(str(tmp_path),), nprocs=2)
    one = fill(0, 1)
    for rank in range(2):
        assert torch.load(tmp_path / f"{rank}.pt") == one
