"""Does the loader keep up? Seconds that items of PC-AVS's stages take to make, against what their step must compute.

    python benchmarks/pcavs_loader.py [--corpus FOLDER] [--items 24] [--rate 5.67]

Items are made in this process, their time is its processor time (for a busy machine). What a card needs for an item's
share of a full-size step is its counted multiplications over --rate, the card's multiplications a second at its peak
(1e12; a GTX 1080 Ti: 5.67), which no step reaches: the ratio is a lower bound. Two cores make items for one card.
Without --corpus twelve drawn clips are made first.
"""

import argparse
import logging
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import process_time

import cv2
import torch
from hydra.utils import get_class, instantiate
from machine import print_table
from pcavs_memory import VARIANTS, batch_of, built, composed, rows_of

from talkface.training.counting import step_operations

ROOT = Path(__file__).resolve().parents[1]
CORES = 2


def prepare(folder: Path) -> Path:
    """A drawn corpus with aligned faces, made by the command that users type."""
    options = ["data=drawn", "clips=12", "data.drawn.other_mouths=false", "data.split.val=0.3"]
    options += ["pack.enabled=false", "pack_aligned.enabled=true"]
    subprocess.run([sys.executable, "preprocess.py", *options, f"out={folder / 'corpus'}"], cwd=ROOT, check=True)
    return folder / "corpus"


def seconds_per_item(stage: str, corpus: Path, items: int) -> float:
    """Processor time of one item of a stage's training set, after two that open files."""
    config = composed(stage, "4x1080ti", [])
    data = get_class(config.datamodule)(
        str(corpus), batch=config.batch, workers=0, **instantiate(config.windows, _convert_="all")
    )
    data.setup()
    made = data.train_set()
    for item in range(2):
        made[item]
    began = process_time()
    for item in range(2, items + 2):
        made[item]
    return (process_time() - began) / items


def row(stage: str, corpus: Path, items: int, rate: float) -> tuple[object, ...]:
    """A line of the table."""
    config = composed(stage, "4x1080ti", [])
    operations = step_operations(partial(built, config), partial(batch_of, config)) / rows_of(config)
    made, needed = seconds_per_item(stage, corpus, items), operations / (rate * 1e12)
    return (stage, 1000 * made, operations / 1e9, 1000 * needed, CORES * needed / made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="prepared, with aligned faces")
    parser.add_argument("--items", type=int, default=24)
    parser.add_argument("--rate", type=float, default=5.67, help="1e12 multiplications a second")
    options = parser.parse_args()
    for name in ("pytorch_lightning", "talkface"):
        logging.getLogger(name).setLevel(logging.ERROR)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or prepare(Path(folder))
        rows = [row(stage, corpus, options.items, options.rate) for stage in VARIANTS]
    header = ["stage", "CPU ms an item", "1e9 multiplications", "card ms an item", f"ratio with {CORES} cores"]
    print_table("Items (one clip each) made and needed", header, rows)


if __name__ == "__main__":
    main()
