"""Executes every notebook here from top to bottom, as ./check does, two at a time. Nothing is written back."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent


def execute(path: Path) -> CellExecutionError | None:
    """Run one notebook in a fresh kernel with this folder as its working directory; says how it went."""
    started = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    try:
        client.execute()
    except CellExecutionError as error:
        print(f"{path.name}: FAILED\n{error}")
        return error
    print(f"{path.name}: executed in {time.monotonic() - started:.1f} s")
    return None


def main() -> int:
    """Returns the number of notebooks that failed; the failing cell and its error go to standard output."""
    with ThreadPoolExecutor(2) as pool:
        return sum(error is not None for error in pool.map(execute, sorted(FOLDER.glob("*.ipynb"))))


if __name__ == "__main__":
    sys.exit(main())
