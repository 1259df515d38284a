import importlib.util
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from talkface.errors import InputError
from talkface.preparation.launch import Chunked, Launcher, launch
from talkface.processes import Lost


def square(number: int) -> int:
    return number * number


def square_or_die(number: int) -> int:
    if number == 2:
        os._exit(3)
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def threads(_: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def hears_ctrl_c(_: int) -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def refuse(number: int) -> int:
    raise InputError("no such detector", number, "choose another")


def test_in_this_process() -> None:
    assert list(launch(square, [1, 2, 3], Launcher(workers=0))) == [(1, 1), (2, 4), (3, 9)]


def test_a_process_that_dies_loses_its_own_task_only() -> None:
    results = dict(launch(square_or_die, [1, 2, 3, 4, 5], Launcher(workers=2)))
    assert {task: value for task, value in results.items() if isinstance(value, int)} == {1: 1, 3: 9, 5: 25}
    assert results[2] == Lost("its process died (exit code 3)")
    assert results[4] == Lost("its process died (exit code -9)")
    assert multiprocessing.active_children() == []


def test_workers_have_one_thread_and_the_parent_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert list(launch(threads, [0], Launcher(workers=1))) == [(0, "1")]
    assert "OMP_NUM_THREADS" not in os.environ


def test_ctrl_c_is_the_parents_business() -> None:
    assert list(launch(hears_ctrl_c, [0], Launcher(workers=1))) == [(0, False)]
    assert hears_ctrl_c(0)


def test_no_task_starts_nothing() -> None:
    assert list(launch(square, [], Launcher(workers=2))) == []


def test_leaving_early_ends_the_workers() -> None:
    results = launch(square, list(range(50)), Launcher(workers=1))
    next(results)
    results.close()
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [0, 1])
def test_bad_input_of_a_task_is_the_runs(workers: int) -> None:
    with pytest.raises(InputError, match="no such detector: 7 - choose another"):
        list(launch(refuse, [7, 8], Launcher(workers=workers)))
    assert multiprocessing.active_children() == []


def test_chunks_keep_the_order() -> None:
    assert Chunked(square)([3, 1, 2]) == [9, 1, 4]


@pytest.mark.parametrize(("engine", "package"), [("slurm", "submitit"), ("ray", "ray")])
def test_missing_engine_names_its_extra(engine: str, package: str) -> None:
    if importlib.util.find_spec(package) is not None:
        pytest.skip(f"{package} is installed")
    with pytest.raises(InputError) as caught:
        list(launch(square, [1], Launcher(engine=engine, logs=Path("none"))))
    assert caught.value.what == f"{package} is not installed"
    assert f"talkface[{engine}]" in caught.value.remedy


@pytest.mark.parametrize(
    ("launcher", "what"), [(Launcher(engine="cloud"), "no such launcher"), (Launcher(workers=-1), "workers=-1")]
)
def test_bad_launchers(launcher: Launcher, what: str) -> None:
    with pytest.raises(InputError) as caught:
        list(launch(square, [1], launcher))
    assert caught.value.what == what
