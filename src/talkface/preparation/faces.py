"""Labelled pictures for face networks: drawn ones with exact truth, or frames of prepared corpora."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.corpus import TRUTH_FILE, ClipRow, Corpus
from talkface.drawn.cartoon import SEEN, draw_moment
from talkface.errors import InputError
from talkface.face import Landmarker, box_center, box_size, build_landmarker
from talkface.face.crop import Image
from talkface.labelled import POINTS, LabelledPicture
from talkface.media import decode_video
from talkface.preparation.progress import show_progress
from talkface.preparation.table import read_table

Floats = NDArray[np.float32]
Faces = Callable[[int, Image], tuple[Floats, Floats]]
"""Number of a frame and its picture → boxes (F, 4) and landmarks (F, 68, 2)."""

_VALIDATION_EVERY = 25  # of drawn pictures, every such one is for validation


def draw_labelled(count: int, seed: int) -> Iterator[LabelledPicture]:
    """The first `count` drawn pictures of a seed; every 25th is of the split val. InputError: a count below 1."""
    if count < 1:
        raise InputError(f"clips={count}", "configuration", "give the number of pictures to draw")
    for number in show_progress(range(count), total=count, what="drawing"):
        image, boxes, landmarks = draw_moment(number, seed)
        split = "val" if number % _VALIDATION_EVERY == 0 else "train"
        yield LabelledPicture(image, boxes, landmarks, split)


def label_corpus(folder: Path, *, frames: int, landmarks: str) -> Iterator[LabelledPicture]:
    """`frames` evenly spaced frames of every clip of the train and val splits of a prepared corpus.

    A drawn corpus brings its truth; of a real one the tracked box counts, and landmarks are found by the landmarker
    named `landmarks` ("mesh", "small", …). InputError: no corpus, no clip, a missing extra, fewer than one frame.
    """
    if frames < 1:
        raise InputError(f"label.frames={frames}", "configuration", "give the number of frames of each clip")
    corpus = Corpus(folder)
    rows = [row for row in corpus.rows() if row.split != "test"]
    if not rows:
        raise InputError("no clip to label", folder, "give corpus=FOLDER with clips of the splits train and val")
    landmarker = build_landmarker(landmarks)
    try:
        for row in show_progress(rows, total=len(rows), what="labelling"):
            places = np.unique(np.linspace(0, row.frames - 1, frames + 2).round().astype(int)[1:-1])
            faces = _true_faces(corpus, row) if _is_drawn(corpus, row) else _tracked_faces(corpus, row, landmarker)
            for frame in decode_video(corpus.video(row)):
                if frame.index in places:
                    boxes, points = faces(frame.index, frame.image)
                    yield LabelledPicture(frame.image, boxes, points, row.split)
    finally:
        if landmarker is not None:
            landmarker.close()


def label_table(table: Path, source: Path, *, side: int = 640) -> Iterator[LabelledPicture]:
    """The frames that a table of boxes names, reduced so that the longer side is at most `side` pixels.

    table: TSV or CSV with the columns path (below `source`), frame, split, left, top, right, bottom; one row a face,
    pixels of the source. Rows of the split test are left out. InputError: no such table, a missing column or clip.
    """
    faces: dict[tuple[str, str], dict[int, list[list[float]]]] = {}
    for row in read_table(table):
        try:
            box = [float(row[name]) for name in ("left", "top", "right", "bottom")]
            if row["split"] != "test":
                faces.setdefault((row["path"], row["split"]), {}).setdefault(int(row["frame"]), []).append(box)
        except (KeyError, ValueError) as error:
            raise InputError(
                "not a table of boxes", table, "see the columns of benchmarks/animation_faces.tsv"
            ) from error
    for (name, split), frames in show_progress(sorted(faces.items()), total=len(faces), what="labelling"):
        for frame in decode_video(source / name):
            if frame.index in frames:
                boxes, scale = np.array(frames[frame.index], np.float32), min(1.0, side / max(frame.image.shape[:2]))
                size = (round(frame.image.shape[1] * scale), round(frame.image.shape[0] * scale))
                image = np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)
                yield LabelledPicture(image, boxes * scale, np.full((len(boxes), POINTS, 2), np.nan, np.float32), split)


def _is_drawn(corpus: Corpus, row: ClipRow) -> bool:
    return (corpus.clip_folder(row) / TRUTH_FILE).is_file()


def _true_faces(corpus: Corpus, row: ClipRow) -> Faces:
    truth = corpus.truth(row)
    seen = truth["present"] & (truth["visible"].mean(axis=2) > SEEN)
    return lambda frame, image: (truth["boxes"][frame, seen[frame]], truth["landmarks"][frame, seen[frame]])


def _tracked_faces(corpus: Corpus, row: ClipRow, landmarker: Landmarker | None) -> Faces:
    boxes = corpus.boxes(row)

    def faces(frame: int, image: Image) -> tuple[Floats, Floats]:
        found = None if landmarker is None else landmarker.find(image, boxes[frame])
        unknown = np.full((POINTS, 2), np.nan, np.float32)
        points = found if found is not None and is_of_box(found, boxes[frame]) else unknown
        return boxes[frame][None], points[None]

    return faces


def is_of_box(points: Floats, box: Floats) -> bool:
    """Whether landmarks (68, 2) belong to the face at `box`: the middle of their bounds lies within half of its size
    of the box's middle, and they are about as large.
    """
    bounds = np.concatenate([points.min(axis=0), points.max(axis=0)])
    near = np.abs(box_center(bounds) - box_center(box)) < box_size(box) / 3
    ratio = float(box_size(bounds).max() / box_size(box).max())
    return bool(near.all()) and 0.6 < ratio < 1.5
