"""PC-AVS asked for a test clip: who from its first frame, what is said from its sound, head motion from a pose clip.

Its pictures are aligned crops, so the truth they are compared with is the clip's own frames in the same crop; the 96x96
crops of all metrics are cut from both by the clip's face boxes, carried into that crop.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from talkface.corpus import SOUND_FILE
from talkface.drawn_truth import head_turns
from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache, content_of, digest_of
from talkface.evaluation.clips import CROP_SIZE, ByteArray, Clip, ClipEntry, FloatArray, Made, Scene, read_sound
from talkface.evaluation.timing import timed
from talkface.evaluation.trials import Trial
from talkface.face import (
    align_face,
    crop_face,
    expand_box,
    marks_alignment,
    picture_alignment,
    picture_crop,
    transform_points,
)
from talkface.face.box import WAV2LIP_MARGIN
from talkface.media import decode_video
from talkface.pipelines.pose_controlled.codes import encode
from talkface.pipelines.pose_controlled.options import PoseOptions
from talkface.pipelines.pose_controlled.sound import SpeechWindows
from talkface.pipelines.pose_controlled.steady import loop_index
from talkface.pipelines.pose_controlled.stream import PoseNetwork, pose_controlled
from talkface.timeline import SYNC_WINDOW

_NO_TRUTH = "no true picture exists for another clip's head motion"


def alignment_of(entry: ClipEntry) -> npt.NDArray[np.float64]:
    """(T, 2, 3): frame of a clip → PC-AVS's aligned crop, by the corpus's points. InputError: it has none."""
    alignment = marks_alignment(entry.corpus.points(entry.row))
    if alignment is None:
        raise InputError("no points of the face", entry.key, "prepare the corpus with a detector that gives points")
    return alignment


def aligned_pictures(entry: ClipEntry, every: int = 1) -> Iterator[ByteArray]:
    """(224, 224, 3) uint8: what PC-AVS's networks see of each frame, or of every `every`th."""
    video = decode_video(entry.corpus.video(entry.row))
    for number, (frame, matrix) in enumerate(zip(video, alignment_of(entry), strict=False)):
        if number % every == 0:
            yield picture_crop(align_face(frame.image, matrix))


def aligned_boxes(entry: ClipEntry) -> FloatArray:
    """(T, 4) the clip's face boxes in the pixels of `aligned_pictures`: upright rectangles around the turned boxes."""
    found = []
    for (left, top, right, bottom), matrix in zip(entry.corpus.boxes(entry.row), alignment_of(entry), strict=True):
        corners = [(x, y) for x in (left, right) for y in (top, bottom)]
        turned = transform_points(corners, picture_alignment(matrix))
        found.append([*turned.min(axis=0), *turned.max(axis=0)])
    return np.asarray(found, np.float32)


def true_yaw(entry: ClipEntry) -> FloatArray | None:
    """(T,) yaw of a drawn clip's speaker in degrees, NaN where he is not there; None where the truth is not known."""
    if not entry.corpus.has_truth(entry.row):
        return None
    return head_turns(entry.corpus.truth(entry.row))[:, 0]


@timed("reading")
def posed_clip(
    trial: Trial, network: PoseNetwork, weights: str, kept: FeatureCache, *, batch: int, device: str = "cpu"
) -> Clip:
    """The trial's clip in the aligned crop, with PC-AVS's pictures in `made`. weights: SHA-256 of the networks.

    Row `generated` where the pose is the clip's own, else `cross_pose`. InputError: no pose clip, no points, too short.
    """
    entry, pose = trial.clip, trial.pose
    if pose is None:
        raise InputError("nobody's head motion", trial.key, "use a list with a pose column: protocol=pcavs_self")
    pictures = kept.array(
        "pcavs",
        (weights, entry.content, pose.content),
        lambda: _generate(entry, pose, network, PoseOptions(batch_size=batch, device=device)),
    )
    real, boxes = np.stack(list(aligned_pictures(entry))), aligned_boxes(entry)
    yaw = true_yaw(pose)
    frames = min(len(pictures), len(real))
    if frames < 2 * SYNC_WINDOW:
        raise InputError(f"only {frames} frames", entry.key, f"a clip needs at least {2 * SYNC_WINDOW} frames")
    sound = read_sound(entry)
    own = pose.key == entry.key
    there = boxes if own else _steady(aligned_boxes(pose), frames)
    scene, crops = _scene(real[:frames], boxes[:frames])
    scene = replace(scene, yaw=yaw[:frames] if own and yaw is not None else None)
    shown, made = _scene(pictures[:frames], there[:frames])
    of_pose = Made(made, sound, shown)
    if not own:
        followed, _ = _scene(_looped(np.stack(list(aligned_pictures(pose))), frames), there[:frames])
        followed = replace(followed, yaw=None if yaw is None else _looped(yaw, frames))
        of_pose = replace(of_pose, row="cross_pose", absent=_NO_TRUTH, pose=followed)
    return Clip(
        trial.key,
        entry.name,
        entry.row.speaker,
        crops,
        sound,
        scene,
        of_pose,
        reference=lambda: np.repeat(crops[:1], frames, axis=0),
    )


@timed("generator")
def _generate(entry: ClipEntry, pose: ClipEntry, network: PoseNetwork, options: PoseOptions) -> ByteArray:
    """(T, 224, 224, 3) uint8: as long as the sound, in step with it."""
    poses = encode(aligned_pictures(pose), network.encode_pose, batch_size=options.batch_size)
    windows = SpeechWindows(entry.corpus.clip_folder(entry.row) / SOUND_FILE, options.convention)
    reference = [next(aligned_pictures(entry))]
    made = pose_controlled(network, reference=reference, poses=poses, windows=windows, options=options)
    return np.stack([picture.image for picture in made])


def _steady(boxes: FloatArray, frames: int) -> FloatArray:
    """(frames, 4) their median: a box ends at the chin, and would tell the judge how the pose source's mouth moves."""
    return np.tile(np.median(boxes, axis=0), (frames, 1))


def _looped(rows: npt.NDArray[Any], frames: int) -> npt.NDArray[Any]:
    """What the pose clip has a frame (pictures, angles), for each picture made of it."""
    return rows[[loop_index(frame, len(rows)) for frame in range(frames)]]


def _scene(pictures: ByteArray, boxes: FloatArray) -> tuple[Scene, ByteArray]:
    size = (CROP_SIZE, CROP_SIZE)
    crops = [
        crop_face(image, expand_box(box, WAV2LIP_MARGIN), size) for image, box in zip(pictures, boxes, strict=True)
    ]
    content = digest_of([content_of(pictures), content_of(boxes)])
    return Scene(lambda: iter(pictures), boxes, content), np.stack(crops)
