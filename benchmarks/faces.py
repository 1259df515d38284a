"""Which detector finds which faces, what it takes for one, how long it looks, and how well landmarks lie.

    python benchmarks/faces.py [--animation FOLDER] [--corpus FOLDER ...] [--drawn 100]

Detection: on drawn pictures that nothing was trained on, and on the frames of `benchmarks/animation_faces.tsv` (splits
val and test; boxes checked by eye; the cuts themselves are in FOLDER and not part of the project), pictures of at most
640 pixels. Found: the main face, IoU at least .5. Faceless: drawn places without anybody, and what the animation's
frames show beside their faces. A click: the box from a point near the middle of the main face. Landmarks: on the drawn
pictures against the truth, and on test clips of prepared corpora against MediaPipe FaceMesh (extra `faces`; left out
where it is not installed), parts of the distance between the outer corners of the eyes. Times are of the processor,
one thread.
"""

import argparse
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import process_time

import cv2
import numpy as np
import torch
from machine import print_table

from talkface.corpus import Corpus
from talkface.drawn.cartoon import draw_moment, empty_picture
from talkface.drawn.draw import Draw
from talkface.errors import InputError
from talkface.face import (
    Box,
    Detection,
    FaceDetector,
    Landmarker,
    box_at,
    box_center,
    box_iou,
    box_size,
    build_detector,
    build_landmarker,
    clip_box,
    five_of_68,
)
from talkface.media import decode_video

TABLE = Path(__file__).parent / "animation_faces.tsv"
SIDE, SEED, FOUND = 640, 999, 0.5
FIVE, AROUND = slice(0, 5), 0.45  # what a face's box grows by on each side before the rest counts as faceless
Detect = tuple[str, Callable[[], FaceDetector]]
DETECTORS: tuple[Detect, ...] = (
    ("mtcnn", lambda: build_detector("mtcnn")),
    ("mtcnn, threshold .7", lambda: build_detector("mtcnn", threshold=0.7)),
    ("small", lambda: build_detector("small")),
    ("small:0.6+mtcnn:0.8", lambda: build_detector("small:0.6+mtcnn:0.8")),
)


@dataclass(frozen=True, eq=False)
class Scene:
    """image: (H, W, 3) uint8. boxes: (F, 4), the main face first; landmarks: (F, 68, 2) or None."""

    image: np.ndarray
    boxes: np.ndarray
    landmarks: np.ndarray | None = None


def drawn_scenes(count: int) -> list[Scene]:
    """Drawn pictures with faces, the largest face first, from seeds that no network was trained on."""
    moments = (draw_moment(number, SEED) for number in range(10 * count))
    made = []
    for image, boxes, landmarks in islice((moment for moment in moments if len(moment[1])), count):
        order = np.argsort(-np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
        made.append(Scene(image, boxes[order], landmarks[order]))
    return made


def animation_scenes(folder: Path) -> list[Scene]:
    """The frames of the table's val and test splits, reduced; the main face first."""
    wanted: dict[str, dict[int, list[list[float]]]] = {}
    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["split"] != "train":
                box = [float(row[side]) for side in ("left", "top", "right", "bottom")]
                wanted.setdefault(row["path"], {}).setdefault(int(row["frame"]), []).append(box)
    return [scene for name, frames in wanted.items() for scene in _frames(folder / name, frames)]


def _frames(path: Path, frames: dict[int, list[list[float]]]) -> Iterator[Scene]:
    for frame in islice(decode_video(path), max(frames) + 1):
        if frame.index in frames:
            scale = min(1.0, SIDE / max(frame.image.shape[:2]))
            image = cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield Scene(image, np.array(frames[frame.index], np.float32) * scale)


def faceless_scenes(scenes: Sequence[Scene], count: int) -> list[Scene]:
    """Drawn empty places, and the widest strip beside the faces of each scene, where there is one."""
    nobody = np.zeros((0, 4), np.float32)
    places = [Scene(empty_picture(Draw(number, "nobody"), 192, 256), nobody) for number in range(count)]
    return places + [Scene(strip, nobody) for scene in scenes if (strip := beside(scene)) is not None]


def beside(scene: Scene) -> np.ndarray | None:
    """The largest part left or right of all faces with their hair; None where it is narrower than a fifth."""
    width = scene.image.shape[1]
    reach = AROUND * (scene.boxes[:, 2] - scene.boxes[:, 0]).max()
    left = int(max(0, scene.boxes[:, 0].min() - reach))
    right = int(min(width, scene.boxes[:, 2].max() + reach))
    part = scene.image[:, :left] if left > width - right else scene.image[:, right:]
    return np.ascontiguousarray(part) if part.shape[1] > width / 5 else None


def detection_row(detector: FaceDetector, scenes: Sequence[Scene], faceless: Sequence[Scene]) -> list[float]:
    """Per cent of main faces found, of faceless pictures with a face, boxes on no face a picture, ms a picture."""
    hits, wrong = 0, 0
    detector.detect([scenes[0].image])  # warm
    began = process_time()
    found = [detector.detect([scene.image])[0] for scene in scenes]
    spent = process_time() - began
    for scene, faces in zip(scenes, found, strict=True):
        if faces:
            overlap = box_iou(clip_box(np.stack([face.box for face in faces]), scene.image.shape[:2]), scene.boxes)
            hits += int(overlap[:, 0].max() >= FOUND)
            wrong += int((overlap.max(axis=1) < 0.3).sum())
    false = sum(bool(detector.detect([scene.image])[0]) for scene in faceless)
    count = len(scenes)
    return [100 * hits / count, 100 * false / max(1, len(faceless)), wrong / count, 1000 * spent / count]


class Clicked:
    """Stands in for a detector: the box at a point up to 15 % of its size off the middle of the main face."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        landmarker = build_landmarker("small")
        assert landmarker is not None
        self._landmarker, self._draw = landmarker, np.random.default_rng(SEED)
        self._boxes = {id(scene.image): scene.boxes[0] for scene in scenes}

    def detect(self, images: Sequence[np.ndarray]) -> list[list[Detection]]:
        return [[Detection(self._box(image), 1.0)] for image in images]

    def _box(self, image: np.ndarray) -> Box:
        true = self._boxes[id(image)]
        x, y = box_center(true) + self._draw.uniform(-0.15, 0.15, 2) * box_size(true)
        high, wide = image.shape[:2]
        return box_at(image, (float(np.clip(x, 0, wide - 1)), float(np.clip(y, 0, high - 1))), self._landmarker)


def errors(found: np.ndarray, wanted: np.ndarray) -> list[float]:
    """Mean distance of all points, and of the mouth's, over that of the outer corners of the eyes. (68 or 5 points.)"""
    eyes = np.linalg.norm(wanted[36] - wanted[45])
    reference = wanted if len(found) == 68 else five_of_68(wanted)
    away = np.linalg.norm(found - reference, axis=1) / eyes
    return [float(away.mean()), float(away[48 if len(found) == 68 else 3 :].mean())]


def landmark_rows(faces: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> list[list[object]]:
    """Median errors of (image, box, true 68 points) by our network and by MTCNN's five points."""
    mtcnn = build_detector("mtcnn", threshold=0.7)
    small = build_landmarker("small")
    assert small is not None
    ours, five, others = [], [], []
    for image, box, wanted in faces:
        points = small.find(image, box)
        assert points is not None
        ours.append(errors(points, wanted))
        five.append(errors(five_of_68(points), wanted))
        seen = [one for one in mtcnn.detect([image])[0] if box_iou(one.box[None], box[None])[0, 0] > 0.3]
        others += [errors(one.points, wanted) for one in seen[:1] if one.points is not None]
    return [
        [name, len(rows), *np.median(np.array(rows), axis=0).tolist()]
        for name, rows in (("small, 68", ours), ("small, five", five), ("mtcnn, five", others))
        if rows
    ]


def corpus_faces(folders: Sequence[str], mesh: Landmarker, clips: int) -> Iterator[tuple[np.ndarray, ...]]:
    """The middle frame of each test clip with its tracked box and FaceMesh's landmarks, where it finds any."""
    for corpus in map(Corpus, folders):
        rows = corpus.rows("test")
        for row in rows[:: max(1, len(rows) // clips)][:clips]:
            boxes = corpus.boxes(row)
            image = next(islice(decode_video(corpus.video(row)), row.frames // 2, None)).image
            points = mesh.find(image, boxes[row.frames // 2])
            if points is not None:
                yield image, boxes[row.frames // 2], points


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--animation", type=Path, help="folder with the cuts that the table names")
    parser.add_argument("--corpus", nargs="*", default=[], help="prepared corpora of people, for the landmarks")
    parser.add_argument("--drawn", type=int, default=100, help="drawn pictures, and faceless ones")
    parser.add_argument("--clips", type=int, default=60, help="test clips of each corpus")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    drawn = drawn_scenes(chosen.drawn)
    films = animation_scenes(chosen.animation) if chosen.animation else []
    faceless = faceless_scenes(films, chosen.drawn)
    for title, scenes in (("drawn", drawn), ("animation", films)):
        if scenes:
            rows: list[list[object]] = [[name, *detection_row(build(), scenes, faceless)] for name, build in DETECTORS]
            clicked = detection_row(Clicked(scenes), scenes, [])
            rows.append(["a click", clicked[0], "-", *clicked[2:]])
            header = ["detector", "found %", "false on faceless %", "wrong boxes a picture", "ms a picture"]
            print_table(f"{len(scenes)} {title} pictures, {len(faceless)} faceless", header, rows)
    truths = [(one.image, one.boxes[0], one.landmarks[0]) for one in drawn if one.landmarks is not None]
    header = ["landmarks", "faces", "error, all", "error, mouth"]
    print_table("drawn pictures, against the truth (medians)", header, landmark_rows(truths))
    if chosen.corpus:
        try:
            mesh = build_landmarker("mesh")
        except InputError as error:
            print(f"left out: {error}")
            return
        assert mesh is not None
        people = [face for face in corpus_faces(chosen.corpus, mesh, chosen.clips)]
        print_table("people of the test split, against FaceMesh (medians)", header, landmark_rows(people))


if __name__ == "__main__":
    main()
