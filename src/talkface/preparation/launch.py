"""Where preparation runs: in this process, in local processes, on Slurm, on Ray. One function of one task, any engine.

A task whose process dies (out of memory, a crash inside a decoder) is lost alone: the others go on. An InputError that
a task raises is the whole run's: it is raised here.
"""

import logging
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from talkface.errors import InputError
from talkface.processes import Lost, run_processes

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
    return run_processes(function, tasks, launcher.workers)


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
