"""Executes every notebook of this folder from top to bottom, as ./check does. Nothing is written back."""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent


def execute(path: Path) -> float:
    """Run one notebook in a fresh kernel with this folder as its working directory; returns the seconds it took."""
    started = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    return time.monotonic() - started


def main() -> int:
    """Returns the number of notebooks that failed; the failing cell and its error go to standard output."""
    failures = 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        try:
            print(f"{path.name}: executed in {execute(path):.1f} s")
        except CellExecutionError as error:
            failures += 1
            print(f"{path.name}: FAILED\n{error}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
