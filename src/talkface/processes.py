"""One function of many tasks in local processes: each outcome as it comes, a process that dies loses its task alone.

An InputError that a task raises is the whole run's: it is raised here.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from talkface.errors import InputError

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Lost:
    """A task whose process died. reason: what is known about it."""

    reason: str


def run_processes(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int, *, threads: int = 1
) -> Generator[tuple[Task, Result | Lost], None, None]:
    """Each task with its result or its loss, as they finish; closing it ends all processes.

    workers: spawned processes, `threads` arithmetic threads each; 0: this process, as it is. `function` and the tasks
    are pickled; each process keeps its own copy of `function` from task to task.
    """
    if workers == 0:
        yield from ((task, function(task)) for task in tasks)
        return
    todo = iter(tasks)
    processes = [_Worker(function, threads) for _ in range(min(workers, len(tasks)))]
    try:
        for worker in processes:
            worker.give(next(todo))
        while busy := {worker.connection: worker for worker in processes if worker.busy}:
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]  # wait hands back what it was given
                finished = worker.take()
                following = next(todo, None)
                if following is not None:
                    worker.give(following)
                yield finished
    finally:
        for worker in processes:
            worker.stop()


class _Worker(Generic[Task, Result]):
    """One process that does one task at a time and is replaced when it dies."""

    def __init__(self, function: Callable[[Task], Result], threads: int) -> None:
        self._function, self._threads = function, threads
        self._task: list[Task] = []
        self._process, self.connection = _start(function, threads)

    @property
    def busy(self) -> bool:
        """Whether a task was given and its result not yet taken."""
        return bool(self._task)

    def give(self, task: Task) -> None:
        """Hand over a task; starts a new process where the last one died."""
        if not self._process.is_alive():
            self.stop()
            self._process, self.connection = _start(self._function, self._threads)
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
            return task, Lost(f"its process died (exit code {self._process.exitcode})")
        if isinstance(result, InputError):
            raise result
        return task, result

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _start(function: Callable[[Any], Any], threads: int) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, function), daemon=True)
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read when numpy and torch load, which is before _serve runs
    # Ctrl-C is the parent's business: it ends its workers. Blocked here, it reaches no child, not even one that loads.
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
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
