"""Columns that need a row's crops, most of them beside the real ones: SSIM, landmarks, movement, LPIPS of the face.

Every function gives {column: number, or the reason why it is absent}.
"""

from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from talkface.evaluation.clips import CROP_SIZE, ByteArray, FloatArray, Scene
from talkface.evaluation.generation import to_tensor
from talkface.evaluation.measures import columns_in
from talkface.evaluation.silence import leak_of
from talkface.evaluation.timing import timed
from talkface.evaluation.tools import FindPoints, Tools
from talkface.face.box import WAV2LIP_MARGIN, box_size, expand_box
from talkface.metrics.functional import image, motion
from talkface.metrics.functional.landmark import lmd
from talkface.metrics.functional.pose import five_points, head_angles
from talkface.timeline import TRAINING_FPS

Found = dict[str, float | str]
SCALES = {"face": 4, "mouth": 3}
"""Of MS-SSIM: as many as fit into 96x96 and 48x96."""
UNSEEN = "a face was found in at most half of the frames"
EQUAL = "all pictures are equal"
POSE_COLUMNS = ("pose_error", "yaw_correlation")
TURNS = 2.0
"""Least standard deviation of a yaw that can be followed, degrees: below it points tremble more than heads turn."""


@timed("SSIM, PSNR")
def face_values(pictures: ByteArray, real: ByteArray) -> Found:
    """SSIM, MS-SSIM and PSNR of face and mouth. pictures, real: (T, 96, 96, 3) uint8."""
    made, true = to_tensor(pictures), to_tensor(real)
    by_frame: dict[str, list[float]] = {f"{name}_{region}": [] for name in ("ssim", "ms_ssim") for region in SCALES}
    for pair in zip(made, true, strict=True):
        face = image.similarity(*pair, scales=SCALES["face"])
        for region, terms in (("face", face), ("mouth", image.lower_half(face[: SCALES["mouth"]]))):
            by_frame[f"ssim_{region}"].append(float(image.ssim_of(terms)))
            by_frame[f"ms_ssim_{region}"].append(float(image.ms_ssim_of(terms)))
    found: Found = {column: float(np.mean(values)) for column, values in by_frame.items()}
    for region, top in (("face", 0), ("mouth", made.shape[2] // 2)):
        found[f"psnr_{region}"] = psnr_or_reason(image.squared_error(made[:, :, top:], true[:, :, top:]))
    return found


def psnr_or_reason(errors: Tensor) -> float | str:
    """PSNR in dB of the mean of (n,) squared errors, or why there is none."""
    error = errors.double().mean()
    return float(image.psnr_of(error)) if error > 0 else EQUAL


@timed("landmark distance")
def landmark_values(scene: Scene, real: Scene, frames: int, tools: Tools) -> Found:
    """Distances of the points on every `tools.every`th frame."""
    if tools.find_points is None:
        return dict.fromkeys(columns_in("lmd"), "no landmark detector was chosen")
    made, true = (torch.from_numpy(tools.find_points(each, frames, tools.every)) for each in (scene, real))
    return {"lmd": distance_or_reason(made, true, "mouth"), "lmd_face": distance_or_reason(made, true, "face")}


@timed("landmark distance")
def mesh_values(scene: Scene, real: Scene, frames: int, tools: Tools, reason: str | None) -> Found:
    """Distances of 68 points and blinks, on every frame. reason: why there is nothing to compare with."""
    assert tools.find_mesh is not None
    made = torch.from_numpy(tools.find_mesh(scene, frames, 1))
    seen = float((~made.isnan()).all(-1).all(-1).double().mean())
    found: Found = {"blink_rate": motion.blink_rate(motion.eye_aspect_ratio(made), Fraction(TRAINING_FPS))}
    if seen <= 0.5:
        found["blink_rate"] = UNSEEN
    if reason is not None:
        return found | dict.fromkeys(("lmd_68", "lmd_face_68"), reason)
    true = torch.from_numpy(tools.find_mesh(real, frames, 1))
    distances = {"lmd_68": "mouth", "lmd_face_68": "face"}
    return found | {column: distance_or_reason(made, true, region) for column, region in distances.items()}


def distance_or_reason(made: Tensor, true: Tensor, region: str) -> float | str:
    """LMD in pixels of the crop, or why there is none."""
    distance, share = lmd(made, true, region="mouth" if region == "mouth" else "face")
    return distance if share > 0.5 else UNSEEN


@timed("jitter, pose")
def motion_values(scene: Scene, followed: Scene | None, frames: int, own: bool, tools: Tools) -> Found:
    """Trembling of a row, and how far its head is from the one it follows, over its first `frames` pictures.

    followed: pose source; None where there is none. own: whether the row is the pose source itself.
    """
    if tools.find_points is None:
        return dict.fromkeys(columns_in("motion"), "no landmark detector was chosen")
    points = tools.find_points(scene, frames, 1)
    trembling = motion.jitter(five_points(torch.from_numpy(points)))
    found: Found = {"jitter": trembling if trembling == trembling else UNSEEN}
    if own:
        return found | dict.fromkeys(POSE_COLUMNS, "is the pose source itself")
    if followed is None:
        return found | dict.fromkeys(POSE_COLUMNS, "no pose source")
    return found | pose_values(points, scene, followed, tools.find_points)


def pose_values(points: FloatArray, scene: Scene, followed: Scene, find: FindPoints) -> Found:
    """How far the head is from the one it follows, and whether it turns with it; over frames in which both are found.

    points: (T, 5 or 68, 2) of the scene's crops.
    """
    source = find(followed, min(len(points), len(followed.boxes)), 1)
    frames = len(source)
    made = head_angles(unstretched(points[:frames], scene.boxes[:frames]))
    true = head_angles(unstretched(source, followed.boxes[:frames]))
    difference = motion.angle_difference(made, true)
    known = ~difference.isnan().any(1)
    error = float(difference[known].mean()) if float(known.double().mean()) > 0.5 else UNSEEN
    turned = true[:, 0] if followed.yaw is None else torch.from_numpy(followed.yaw[:frames]).double()
    return {"pose_error": error, "yaw_correlation": yaw_correlation(made[:, 0], turned)}


def yaw_correlation(made: Tensor, turned: Tensor) -> float | str:
    """Correlation of two courses of the yaw (T,) in degrees, NaN where unknown, or why there is none."""
    known = ~(made.isnan() | turned.isnan())
    if float(known.double().mean()) <= 0.5:
        return UNSEEN
    if float(turned[known].std()) < TURNS:
        return f"the pose source turns its head by less than {TURNS:g}°"
    found = motion.correlation(made, turned)
    return found if found == found else "the head does not move at all"


def unstretched(points: FloatArray, boxes: FloatArray) -> Tensor:
    """(T, P, 2) points in crop pixels → the same in whole-picture pixels, up to their place: (T, P, 2)."""
    sizes = np.stack([box_size(expand_box(box, WAV2LIP_MARGIN)) for box in boxes])
    return torch.from_numpy(points * (sizes / CROP_SIZE)[:, None].astype(np.float32))


@timed("mouth leak")
def leak_value(pictures: ByteArray, mel: FloatArray) -> Found:
    """The mouth's movement in silence, by the sound of the row."""
    leak = leak_of(pictures, mel)
    return {"mouth_leak": "too little silence or speech" if leak is None else leak}


@timed("LPIPS")
def face_lpips(pictures: ByteArray, real: ByteArray, tools: Tools) -> Found:
    """LPIPS of the crops, every `tools.sampled`th frame."""
    assert tools.lpips is not None
    return {"lpips_face": float(np.mean(tools.lpips(pictures[:: tools.sampled], real[:: tools.sampled])))}
