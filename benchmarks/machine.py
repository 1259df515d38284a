"""What every benchmark prints: the machine, and rows of figures with their ratio within one run."""

import os
import platform
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import torch


def processor() -> str:
    """The processor's name, as well as the system tells it."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def describe() -> str:
    """One line: processor, cores, load at the start, torch and its threads."""
    load = f", load {os.getloadavg()[0]:.1f} before the start" if hasattr(os, "getloadavg") else ""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    torch_line = f"torch {torch.__version__} with {torch.get_num_threads()} threads{gpu}"
    return f"{processor()}, {os.cpu_count()} cores{load}, {torch_line}"


def figure(value: object) -> str:
    """Floats with three significant digits, never in exponent form; anything else as it is."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A plain table: first column left, the others right; floats with three digits that count."""
    cells = [list(header)] + [[figure(x) for x in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    print(f"\n{title}\n{describe()}")
    for row in cells:
        first, *others = (
            cell.ljust(w) if column == 0 else cell.rjust(w)
            for column, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]))


def alternate(
    actions: Sequence[Callable[[], object]],
    *,
    rounds: int,
    warm_up: int = 1,
    clock: Callable[[], float] = perf_counter,
) -> list[float]:
    """Median seconds of each action; they take turns, so that other work on the machine meets all of them alike.

    clock: `process_time` counts what this process computes, whoever else uses the cores.
    """
    return [seconds[0] for seconds in alternate_by(actions, (clock,), rounds=rounds, warm_up=warm_up)]


def alternate_by(
    actions: Sequence[Callable[[], object]],
    clocks: Sequence[Callable[[], float]],
    *,
    rounds: int,
    warm_up: int = 1,
) -> list[list[float]]:
    """As `alternate`: the median seconds of each action by each of the clocks."""
    times: list[list[list[float]]] = [[] for _ in actions]
    for round_number in range(warm_up + rounds):
        for number, action in enumerate(actions):
            started = [clock() for clock in clocks]
            action()
            if round_number >= warm_up:
                times[number].append([clock() - begin for clock, begin in zip(clocks, started, strict=True)])
    return [[statistics.median(column) for column in zip(*taken, strict=True)] for taken in times]
