"""Where preparation runs: in this process, in local processes, on Slurm, on Ray. One function of one task, any engine.

A task whose process dies (out of memory, a crash inside a decoder) is lost alone: the others go on. An InputError that
a task raises is the whole run's: it is raised here.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from talkface.errors import InputError

logger = logging.getLogger(__name__)
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Launcher:
    """Where and how wide. engine: `local`, `slurm` or `ray`. workers: processes at a time; 0 (local only):

    in this process.

    chunk: tasks a Slurm job takes. options: of the engine (Slurm: partition, timeout, …; Ray: address, …).
    logs: folder for the engine's own files.
    """

    engine: str = "local"
    workers: int = 1
    chunk: int = 200
    options: dict[str, Any] = field(default_factory=dict)
    logs: Path = Path("slurm")


@dataclass(frozen=True)
class Lost:
    """A task whose process died. reason: what is known about it."""

    reason: str


Outcomes = Generator[tuple[Task, Result | Lost], None, None]
"""Each task with its result or its loss; closing it ends all processes."""


def launch(function: Callable[[Task], Result], tasks: Sequence[Task], launcher: Launcher) -> Outcomes[Task, Result]:
    """Each task with its result, as they finish. InputError: no such engine, or its extra is not installed."""
    engines = {"local": run_local, "slurm": run_slurm, "ray": run_ray}
    if launcher.engine not in engines:
        raise InputError("no such launcher", launcher.engine, f"choose one of {', '.join(engines)}")
    if launcher.workers < (0 if launcher.engine == "local" else 1):
        raise InputError(f"workers={launcher.workers}", "configuration", "give at least 1")
    return engines[launcher.engine](function, tasks, launcher)


def run_local(function: Callable[[Task], Result], tasks: Sequence[Task], launcher: Launcher) -> Outcomes[Task, Result]:
    """Spawned processes with one thread each; with 0 workers, this process."""
    if launcher.workers == 0:
        yield from ((task, function(task)) for task in tasks)
        return
    todo = iter(tasks)
    workers = [_Worker(function) for _ in range(min(launcher.workers, len(tasks)))]
    try:
        for worker in workers:
            worker.give(next(todo))
        while busy := {worker.connection: worker for worker in workers if worker.busy}:
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]  # wait hands back what it was given
                finished = worker.take()
                following = next(todo, None)
                if following is not None:
                    worker.give(following)
                yield finished
    finally:
        for worker in workers:
            worker.stop()


class _Worker(Generic[Task, Result]):
    """One process that does one task at a time and is replaced when it dies."""

    def __init__(self, function: Callable[[Task], Result]) -> None:
        self._function = function
        self._task: list[Task] = []
        self._process, self.connection = _start(function)

    @property
    def busy(self) -> bool:
        """Whether a task was given and its result not yet taken."""
        return bool(self._task)

    def give(self, task: Task) -> None:
        """Hand over a task; starts a new process where the last one died."""
        if not self._process.is_alive():
            self.stop()
            self._process, self.connection = _start(self._function)
        self._task = [task]
        with suppress(BrokenPipeError, ConnectionResetError):  # died just now: `take` finds out
            self.connection.send(task)

    def take(self) -> tuple[Task, Result | Lost]:
        """The task and its result; blocks until it is there or the process has died. InputError: the task raised it."""
        task = self._task.pop()
        try:
            result = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            return task, Lost(f"the process that prepared it died (exit code {self._process.exitcode})")
        if isinstance(result, InputError):
            raise result
        return task, result

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _start(function: Callable[[Any], Any]) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, function), daemon=True)
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy and torch load, which is before _serve runs
    try:
        process.start()
    finally:
        _restore("OMP_NUM_THREADS", before)
    there.close()  # else the death of the process would not end the stream
    return process, here


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _serve(connection: Connection, function: Callable[[Any], Any]) -> None:
    """Body of a worker process: tasks in, results out, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business: it ends its workers
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with suppress(EOFError, BrokenPipeError):
        while True:
            connection.send(_result_or_error(function, connection.recv()))


def _result_or_error(function: Callable[[Any], Any], task: object) -> object:
    """Bad input travels to the parent; any other error ends this process with its traceback."""
    try:
        return function(task)
    except InputError as error:
        return error


def _die_with_parent() -> None:
    """A killed parent must not leave processes that go on writing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def run_slurm(function: Callable[[Task], Result], tasks: Sequence[Task], launcher: Launcher) -> Outcomes[Task, Result]:
    """A Slurm job array, `chunk` tasks a job, `workers` jobs at a time. InputError: submitit is not installed."""
    try:
        import submitit
    except ImportError as error:
        raise InputError("submitit is not installed", "launcher=slurm", "pip install 'talkface[slurm]'") from error
    options = dict(launcher.options)
    executor = submitit.AutoExecutor(folder=launcher.logs, cluster=options.pop("cluster", None))
    executor.update_parameters(slurm_array_parallelism=launcher.workers, **options)
    chunks = [tasks[first : first + launcher.chunk] for first in range(0, len(tasks), launcher.chunk)]
    jobs = executor.map_array(Chunked(function), chunks)
    left = dict(zip(jobs, chunks, strict=True))
    pause = threading.Event()
    while left:
        for job in [job for job in left if job.done()]:
            chunk = left.pop(job)
            try:
                yield from zip(chunk, job.result(), strict=True)
            except (submitit.core.utils.FailedJobError, submitit.core.utils.UncompletedJobError) as error:
                logger.error("Slurm job %s failed: %s", job.job_id, error)
                yield from ((task, Lost(f"its Slurm job {job.job_id} failed")) for task in chunk)
        pause.wait(2.0)


def run_ray(function: Callable[[Task], Result], tasks: Sequence[Task], launcher: Launcher) -> Outcomes[Task, Result]:
    """Ray tasks of one core, at most `workers` at a time. InputError: ray is not installed."""
    try:
        import ray
    except ImportError as error:
        raise InputError("ray is not installed", "launcher=ray", "pip install 'talkface[ray]'") from error
    if not ray.is_initialized():
        ray.init(log_to_driver=False, **launcher.options)
    remote = ray.remote(num_cpus=1, max_retries=0)(function)
    todo, running = iter(tasks), {}
    for task in tasks[: launcher.workers]:
        running[remote.remote(next(todo))] = task
    while running:
        (reference,), _ = ray.wait(list(running), num_returns=1)
        task = running.pop(reference)
        following = next(todo, None)
        if following is not None:
            running[remote.remote(following)] = following
        try:
            yield task, ray.get(reference)
        except ray.exceptions.RayError as error:
            logger.error("Ray task failed: %s", error)
            yield task, Lost("its Ray task failed")


@dataclass(frozen=True)
class Chunked(Generic[Task, Result]):
    """`function` over a list of tasks, as one picklable call."""

    function: Callable[[Task], Result]

    def __call__(self, tasks: Sequence[Task]) -> list[Result]:
        """Results in the order of the tasks."""
        return [self.function(task) for task in tasks]
