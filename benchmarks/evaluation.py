"""Clips a minute of evaluate.py on one and two processes and from the cache, and the share of each part of the work.

    python benchmarks/evaluation.py [--corpus FOLDER] [--checkpoint FILE] [--clips 16] [--workers 2]

Without --corpus, drawn clips are prepared first by preprocess.py itself. The time is that of the whole command less the
loading of its libraries; shares are of the processor time of all clips, measured where nothing came from the cache.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from loader import prepare
from machine import print_table

from talkface.models.load import default_weights

ROOT = Path(__file__).resolve().parents[1]


def evaluate(corpus: Path, checkpoint: Path, out: Path, *overrides: str) -> dict[str, Any]:
    """Its timings.json."""
    fixed = (f"checkpoint={checkpoint}", f"data.corpus={corpus}", f"out={out}")
    subprocess.run([sys.executable, "evaluate.py", *fixed, *overrides], cwd=ROOT, check=True)
    content: dict[str, Any] = json.loads((out / "timings.json").read_text(encoding="utf-8"))
    return content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a prepared corpus (default: drawn clips, prepared now)")
    parser.add_argument("--checkpoint", type=Path, default=default_weights("wav2lip_generator", "animation"))
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--split", default="test", help="of the corpus given")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus, split = options.corpus or prepare(folder), options.split if options.corpus else "train"
        common = (f"split={split}", f"limit={options.clips}")
        runs = {
            "1 process": (f"cache={folder / 'one'}", "workers=1"),
            f"{options.workers} processes": (f"cache={folder / 'many'}", f"workers={options.workers}"),
            f"{options.workers} processes, from the cache": (f"cache={folder / 'many'}", f"workers={options.workers}"),
        }
        taken = {
            label: evaluate(corpus, options.checkpoint, folder / f"report{number}", *common, *form)
            for number, (label, form) in enumerate(runs.items())
        }
        reports = {(folder / f"report{number}" / "report.json").read_bytes() for number in range(len(runs))}
    rates = {label: 60 * len(run["clips"]) / run["wall"] for label, run in taken.items()}
    first = next(iter(rates.values()))
    rows = [[label, len(taken[label]["clips"]), rate, rate / first] for label, rate in rates.items()]
    print_table("Evaluation", ["run", "clips", "clips/min", "ratio"], rows)
    parts = taken["1 process"]["parts"]
    total = sum(parts.values())
    shares = sorted(([part, seconds, seconds / total] for part, seconds in parts.items()), key=lambda row: -row[1])
    print_table("Parts, 1 process", ["part", "seconds", "share"], shares)
    print(f"reports of all runs: {'equal to the byte' if len(reports) == 1 else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
