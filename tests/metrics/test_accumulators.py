"""Every accumulator: equal to its function on everything, to any order of updates, after pickling, on two processes."""

import pickle
from pathlib import Path

import metric_harness as harness
import pytest
import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing

from talkface.metrics.functional import sync
from talkface.metrics.landmark import LandmarkDistance
from talkface.metrics.sync import PairAccuracy

ALL = list(range(harness.UPDATES))
each_case = pytest.mark.parametrize("case", harness.CASES, ids=lambda case: case.name)


@each_case
def test_accumulated_equals_the_function_on_everything(case: harness.Case) -> None:
    expected = harness.plain(case.expected([case.given(index) for index in ALL]))
    assert harness.plain(harness.run(case, ALL).compute()) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@each_case
def test_order_pickling_and_reset(case: harness.Case) -> None:
    metric = harness.run(case, ALL)
    expected = harness.plain(metric.compute())
    assert harness.plain(harness.run(case, ALL[::-1]).compute()) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert harness.plain(pickle.loads(pickle.dumps(harness.run(case, ALL))).compute()) == expected
    metric.reset()
    arguments, named = case.given(0)
    metric.update(*arguments, **named)
    states = {name: getattr(metric, name) for name in metric._defaults}
    fresh = harness.run(case, [0])
    assert all(torch.equal(state, getattr(fresh, name)) for name, state in states.items())


@each_case
def test_says_which_way_is_better_and_only_sums(case: harness.Case) -> None:
    metric = case.build()
    assert metric.is_differentiable is False
    assert hasattr(type(metric), "higher_is_better")
    assert {reduction.__name__ for reduction in metric._reductions.values()} == {"dim_zero_sum"}


def test_every_accumulator_has_a_case() -> None:
    import talkface.metrics

    folder = Path(talkface.metrics.__file__).parent
    names = {
        line.split("(")[0][6:]
        for path in folder.glob("*.py")
        for line in path.read_text().splitlines()
        if line.startswith("class ")
    }
    assert names - {"MeanOfMeasured"} == {type(case.build()).__name__ for case in harness.CASES}


def test_counts_of_the_accumulator_are_those_of_the_function() -> None:
    metric = PairAccuracy()
    arguments, _ = harness.embeddings(0)
    metric.update(*arguments)
    counts = {distance: pair for distance, pair in metric.counts().items() if pair[1]}
    assert counts == sync.pair_accuracy(*arguments)


def test_share_of_what_could_be_measured() -> None:
    metric = LandmarkDistance()
    arguments, _ = harness.points(0)
    metric.update(*arguments)
    assert float(metric.found()) == pytest.approx(5 / 6)


def _run_process(rank: int, folder: str) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    mine = {case.name: harness.plain(harness.run(case, ALL[rank::2]).compute()) for case in harness.CASES}
    torch.save(mine, Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path: Path) -> None:
    multiprocessing.spawn(_run_process, args=(str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert first == second
    for case in harness.CASES:
        assert first[case.name] == pytest.approx(harness.plain(harness.run(case, ALL).compute()), rel=1e-9, abs=1e-9)
