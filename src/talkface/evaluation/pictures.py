"""All columns of one row that hang on its pictures, by the families that a run chose."""

from typing import NamedTuple

from talkface.evaluation.beside import (
    Found,
    face_lpips,
    face_values,
    landmark_values,
    mesh_values,
    motion_values,
)
from talkface.evaluation.clips import ByteArray, Clip, Scene, Sound
from talkface.evaluation.measures import columns_in
from talkface.evaluation.mouths import drawn_values
from talkface.evaluation.times import times_of
from talkface.evaluation.tools import Tools
from talkface.evaluation.whole import Detected, FrameLikeness, FrameLpips, Identity, Sharpness, Watcher, watch
from talkface.metrics.functional.container import duration_error

PICTURE_FAMILIES = (
    "face",
    "frame",
    "lmd",
    "mesh",
    "drawn",
    "detection",
    "motion",
    "sharpness",
    "file",
    "lpips",
    "identity",
)


class Row(NamedTuple):
    """Pictures of a row (crops), the scene that shows them, the sound they are judged with.

    absent: why columns that compare with the real pictures are absent (None: they are computed). pose: the scene whose
    head the row's should follow; None where there is none.
    """

    pictures: ByteArray
    scene: Scene
    sound: Sound
    absent: str | None
    pose: Scene | None = None


def measure_pictures(row: Row, clip: Clip, tools: Tools, same_as: str | None) -> Found:
    """{column: number, or why it is absent}. same_as: another row with the very same pictures, already measured."""
    chosen = [family for family in PICTURE_FAMILIES if family in tools.families]
    if same_as is not None:
        return {column: f"same pictures as {same_as}" for family in chosen for column in columns_in(family)}
    found: Found = {}
    if "detection" in chosen and row.scene is not clip.scene:
        found["detected"] = "looked for in the real pictures"
    if row.absent is not None:
        reasons = [family for family in ("face", "frame", "lmd", "lpips") if family in chosen]
        found |= {column: row.absent for family in reasons for column in columns_in(family)}
    else:
        found |= compared_crops(row, clip, tools)
    if "mesh" in chosen:
        found |= mesh_values(row.scene, clip.scene, len(row.pictures), tools, row.absent)
    if "drawn" in chosen:
        found |= drawn_values(row.pictures, clip, tools, row.absent if row.pictures is not clip.crops else None)
    if "motion" in chosen:
        own = row.scene is clip.scene
        found |= motion_values(row.scene, row.pose, len(row.pictures), own, tools)
    if "file" in chosen:
        found |= file_values(row.scene, clip.scene)
    return found | watch(row.scene, clip.scene, len(row.pictures), watchers(row, clip, tools))


def compared_crops(row: Row, clip: Clip, tools: Tools) -> Found:
    """What compares the row's crops with the real ones."""
    found: Found = {}
    if "face" in tools.families:
        found |= face_values(row.pictures, clip.crops)
    if "lmd" in tools.families:
        found |= landmark_values(row.scene, clip.scene, len(row.pictures), tools)
    if "lpips" in tools.families:
        found |= face_lpips(row.pictures, clip.crops, tools)
    return found


def watchers(row: Row, clip: Clip, tools: Tools) -> list[Watcher]:
    """Who looks at the row's whole pictures."""
    found: list[Watcher] = []
    if "frame" in tools.families and row.absent is None:
        found.append(FrameLikeness())
    if tools.lpips is not None and row.absent is None:
        found.append(FrameLpips(tools.lpips, tools.sampled))
    if "sharpness" in tools.families:
        found.append(Sharpness(tools.sampled))
    if tools.find_faces is not None and row.scene is clip.scene:
        found.append(Detected(tools.find_faces, tools.sampled))
    if tools.identity is not None:
        first = next(iter(clip.scene.frames())), clip.scene.boxes[0]
        found.append(Identity(tools.identity, first, tools.sampled))
    return found


def file_values(scene: Scene, real: Scene) -> Found:
    """Times of the row's own file, and of its length against the original's."""
    columns = columns_in("file")
    if scene.path is None or real.path is None:
        return dict.fromkeys(columns, "not a file of its own")
    times, wanted = times_of(scene.path), times_of(real.path)
    if times is None:
        return dict.fromkeys(columns, "the file has no sound")
    found: Found = {"start_gap": float(times.start_gap), "end_gap": float(times.end_gap)}
    if scene.path == real.path:
        return {**found, "duration_error": "is the original itself"}
    longer = "the original has no sound" if wanted is None else float(duration_error(times, wanted))
    return {**found, "duration_error": longer}
