"""Pictures with the faces in them: what face networks train on. One reader, one writer; no torch, no media library.

A folder holds ``about.json`` (what it is), ``pictures.bin`` (JPEGs one after another) and ``labels.npz``.
"""

import json
import mmap
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError

FORMAT_VERSION = 1
POINTS = 68
ABOUT_FILE, PICTURES_FILE, LABELS_FILE = "about.json", "pictures.bin", "labels.npz"
_QUALITY = 92

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """image: (H, W, 3) uint8 RGB. boxes: (F, 4) float32 left, top, right, bottom, pixels. landmarks: (F, 68, 2)

    float32, iBUG order, NaN where nothing is known of a face's points. split: train or val.
    """

    image: Picture
    boxes: Floats
    landmarks: Floats
    split: str = "train"


def write_labelled(folder: Path, pictures: Iterable[LabelledPicture], about: dict[str, Any]) -> Path:
    """Write `pictures` as they come; ``about.json``, last of all, makes the folder complete. Returns it.

    about: plain values that say what was labelled and how.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ABOUT_FILE).unlink(missing_ok=True)
    ends, owners, splits = [0], [], []
    boxes, landmarks = [np.zeros((0, 4), np.float32)], [np.zeros((0, POINTS, 2), np.float32)]
    with (folder / PICTURES_FILE).open("wb") as stream:
        for number, picture in enumerate(pictures):
            stream.write(_jpeg(picture.image))
            ends.append(stream.tell())
            owners += [number] * len(picture.boxes)
            splits.append(picture.split)
            boxes.append(picture.boxes)
            landmarks.append(picture.landmarks)
    np.savez_compressed(
        folder / LABELS_FILE,
        ends=np.array(ends, np.int64),
        owners=np.array(owners, np.int64),
        splits=np.array(splits),
        boxes=np.concatenate(boxes),
        landmarks=np.concatenate(landmarks),
    )
    text = json.dumps({**about, "format_version": FORMAT_VERSION, "pictures": len(splits)}, indent=1, sort_keys=True)
    partial = folder / f".{ABOUT_FILE}.{os.getpid()}"
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(folder / ABOUT_FILE)
    return folder


class LabelledPictures:
    """Reader of one folder. Pictures are decoded when they are asked for; worker processes map the file themselves."""

    def __init__(self, folder: Path | str) -> None:
        """InputError: no complete folder of this format."""
        self.folder = Path(folder)
        try:
            self.about = json.loads((self.folder / ABOUT_FILE).read_text(encoding="utf-8"))
            with np.load(self.folder / LABELS_FILE, allow_pickle=False) as labels:
                self._ends, self.owners, self.splits = labels["ends"], labels["owners"], labels["splits"]
                self.boxes: Floats = labels["boxes"]
                self.landmarks: Floats = labels["landmarks"]
        except (OSError, ValueError, KeyError, EOFError) as error:
            remedy = "make one: python preprocess.py action=draw_faces out=FOLDER (or label_faces)"
            raise InputError("no labelled pictures", self.folder, remedy) from error
        if self.about.get("format_version") != FORMAT_VERSION:
            raise InputError("labelled pictures of another format", self.folder, "make them again")
        self._map: mmap.mmap | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the map, which belongs to one process."""
        return {**self.__dict__, "_map": None}

    def __len__(self) -> int:
        return len(self.splits)

    def numbers(self, split: str) -> NDArray[np.int64]:
        """Numbers of the pictures of a split, rising."""
        return np.flatnonzero(self.splits == split)

    def __getitem__(self, number: int) -> LabelledPicture:
        """Picture `number` with its faces."""
        if self._map is None:
            with (self.folder / PICTURES_FILE).open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        content = np.frombuffer(self._map[self._ends[number] : self._ends[number + 1]], np.uint8)
        image = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise InputError("damaged picture", self.folder / PICTURES_FILE, "make the labelled pictures again")
        first, last = np.searchsorted(self.owners, [number, number + 1])
        return LabelledPicture(
            np.asarray(image, np.uint8), self.boxes[first:last], self.landmarks[first:last], str(self.splits[number])
        )


def _jpeg(image: Picture) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes())
