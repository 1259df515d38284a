"""The JSON beside an output: what was made from what, and where each face was in each picture. Written as it comes."""

import json
from collections.abc import Mapping, Sequence
from io import TextIOBase

from talkface.pipelines.speaking import SyncedFrame


class Sidecar:
    """Writes `{..., "frames": [...], "events": [...]}` row by row to an open text file.

    State: whether a row was written.
    """

    def __init__(self, file: TextIOBase, head: Mapping[str, object]) -> None:
        """head: what is known before the first frame; any JSON values."""
        self._file, self._first = file, True
        opened = json.dumps(dict(head), indent=1, default=str)
        self._file.write(opened[: opened.rindex("}")].rstrip() + (",\n" if head else "") + ' "frames": [\n')

    def write(self, frame: SyncedFrame) -> None:
        """One row: time (seconds), source frame, faces with their boxes (left, top, right, bottom) and five points."""
        self._file.write(("" if self._first else ",\n") + "  " + json.dumps(row(frame)))
        self._first = False

    def close(self, events: Sequence[Mapping[str, object]] = ()) -> None:
        """Ends the file. events: what happened to the driven people, as `DrivenPeople` has it."""
        rows = "".join(f"{',' if number else ''}\n  {json.dumps(dict(event))}" for number, event in enumerate(events))
        self._file.write(f'\n ],\n "events": [{rows}\n ]\n}}\n')


def row(frame: SyncedFrame) -> dict[str, object]:
    """A frame as JSON values, coordinates to a hundredth of a pixel."""
    faces = [
        {
            "track": face.track,
            "person": face.person,
            "box": [round(float(side), 2) for side in face.box],
            "model_box": [round(float(side), 2) for side in box],
            "confidence": round(float(face.confidence), 4),
            "points": None if face.points is None else [[round(float(v), 2) for v in point] for point in face.points],
        }
        for face, box in zip(frame.faces, frame.boxes, strict=True)
    ]
    return {"time": round(float(frame.time), 6), "source_frame": frame.index, "faces": faces}
