"""Windows a second: the package's packed loader against the original's way, both with the same workers in one run.

    python benchmarks/loader.py [--corpus FOLDER] [--clips 24] [--workers 2] [--seconds 8]

A window is five frames with their sound. Without --corpus, drawn clips are prepared first by preprocess.py itself.
With --workers 0 items are made in this process and seconds are those of its processor time: for a busy machine.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from itertools import islice, product
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import cv2
from drawn_clips import write_clips
from machine import print_table
from original import OriginalItems
from torch.utils.data import DataLoader

from talkface.corpus import CORPUS_FILE, MANIFEST_FILE, Corpus
from talkface.data.augment import MelAugmentation, PictureAugmentation
from talkface.data.datasets import Sampling
from talkface.data.module import ExpertDataModule, GeneratorDataModule, PackedDataModule
from talkface.data.windows import ClipFilter
from talkface.face import WAV2LIP_MARGIN, expand_box
from talkface.media import decode_video
from talkface.preparation.pack import PackForm, pack

ROOT = Path(__file__).resolve().parents[1]
BATCH = 16


def prepare(folder: Path) -> Path:
    """A corpus of drawn clips, made by the same command that users type."""
    write_clips(folder / "clips", count=12, seconds=3)
    command = [sys.executable, "preprocess.py", "data=folder", f"source={folder / 'clips'}", f"out={folder / 'corpus'}"]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder / "corpus"


def take_clips(corpus: Path, folder: Path, *, clips: int) -> Path:
    """A corpus of `clips` clips of `corpus` to train on and one to validate: its own manifest, the same files."""
    folder.mkdir()
    rows = (corpus / MANIFEST_FILE).read_text().splitlines(keepends=True)
    of_split = {split: [row for row in rows if json.loads(row)["split"] == split] for split in ("train", "val")}
    (folder / MANIFEST_FILE).write_text("".join(of_split["train"][:clips] + of_split["val"][:1]))
    for name in (CORPUS_FILE, "clips"):
        (folder / name).symlink_to((corpus / name).resolve())
    return folder


def write_pictures(corpus: Corpus, folder: Path) -> list[Path]:
    """The original's layout of its clips: one JPEG a frame, cropped and not resized, beside audio.wav."""
    made = []
    for row in corpus.rows():
        target = folder / row.id.replace("/", "_")
        target.mkdir(parents=True)
        for number, (frame, box) in enumerate(
            zip(decode_video(corpus.clip_folder(row) / "video.mp4"), corpus.boxes(row), strict=True)
        ):
            left, top, right, bottom = (max(0, int(x)) for x in expand_box(box, WAV2LIP_MARGIN))
            cv2.imwrite(str(target / f"{number}.jpg"), frame.image[top:bottom, left:right, ::-1])
        (target / "audio.wav").write_bytes((corpus.clip_folder(row) / "audio.wav").read_bytes())
        made.append(target)
    return made


def original_loader(folders: list[Path], *, expert: bool, workers: int) -> DataLoader[Any]:
    """The original's loader, with batches of the same size."""
    context = "spawn" if workers else None
    items = OriginalItems(folders, length=10**9, expert=expert)
    return DataLoader(items, batch_size=BATCH, num_workers=workers, multiprocessing_context=context)


def own_loader(kind: type[PackedDataModule], corpus: Path, *, workers: int, augmented: bool) -> DataLoader[Any]:
    """The package's loader as training uses it; `augmented`: with the recipes' augmentation switched on."""
    changes = {
        "shift": 0.06,
        "scale": 0.1,
        "rotate": 8.0,
        "flip": 0.5,
        "gray": 0.3,
        "blur": 0.3,
        "brightness": 0.15,
        "contrast": 0.3,
        "tint": 0.1,
    }
    sound = {"gain": 0.6, "tilt": 0.4, "warp": 0.08, "floor": 1.0, "masked_bands": 12}
    windows = 8 if kind is ExpertDataModule else 1
    module = kind(
        corpus,
        batch=BATCH // windows,
        workers=workers,
        sampling=Sampling(windows=windows, spacing=2),
        clips=ClipFilter(corrected=False, largest_offset=1000, skipped_flags=()),
        picture=PictureAugmentation(**(changes if augmented else {})),
        mel=MelAugmentation(**(sound if augmented else {})),
    )
    module.setup()
    module.batches = 10**6
    return module.train_loader(first=0, rank=0, ranks=1)


def rate(loader: DataLoader[Any], *, seconds: float) -> float:
    """Windows a second after the workers have started and filled their queues."""
    clock = process_time if loader.num_workers == 0 else perf_counter
    batches = iter(loader)
    list(islice(batches, 12))
    started, count = clock(), 0
    for _ in batches:
        count += BATCH
        if clock() - started >= seconds:
            break
    return count / (clock() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a prepared corpus (default: drawn clips, prepared now)")
    parser.add_argument("--clips", type=int, default=24, help="clips written in the original's form")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8.0, help="measured time of each row")
    options = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        corpus = take_clips(options.corpus or prepare(Path(name)), Path(name) / "taken", clips=options.clips)
        folders = write_pictures(Corpus(corpus), Path(name) / "pictures")
        packs = {form: pack(corpus, Path(name) / form, form=PackForm(pictures=form)) for form in ("jpeg", "raw")}
        for title, kind in (("expert", ExpertDataModule), ("generator", GeneratorDataModule)):
            plain = rate(
                original_loader(folders, expert=title == "expert", workers=options.workers), seconds=options.seconds
            )
            rows.append((f"{title}: original's way", plain, 1.0))
            for form, augmented in product(packs, (False, True)):
                loader = own_loader(kind, packs[form], workers=options.workers, augmented=augmented)
                own = rate(loader, seconds=options.seconds)
                rows.append((f"{title}: packed as {form}{', augmented' if augmented else ''}", own, own / plain))
    unit = "windows/s" if options.workers else "windows/s of CPU"
    print_table(f"Loading, {options.workers} workers, batches of {BATCH} windows", ["loader", unit, "ratio"], rows)


if __name__ == "__main__":
    main()
