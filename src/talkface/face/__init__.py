"""Faces: boxes, detectors, tracks, crop and paste. Importing this room loads no network; detectors load when they are
built.
"""

from talkface.face.align import (
    ALIGNED_SIDE,
    align_face,
    clip_alignment,
    has_aligned_size,
    interpolate_points,
    marks_alignment,
    paste_aligned,
    picture_alignment,
    picture_crop,
    three_points,
    transform_points,
)
from talkface.face.box import (
    WAV2LIP_MARGIN,
    Box,
    Margin,
    as_box,
    box_area,
    box_center,
    box_iou,
    box_size,
    clip_box,
    expand_box,
    scale_box,
)
from talkface.face.build import build_detector, build_landmarker
from talkface.face.chain import DetectorChain
from talkface.face.click import box_at
from talkface.face.crop import blend, crop_face, paste_face, paste_weight
from talkface.face.detection import Detection, FaceDetector, ManualBox, Points
from talkface.face.follow import BoxFollower
from talkface.face.landmarks import (
    Landmarker,
    MeshLandmarker,
    five_of_68,
    landmark_square,
    landmarks_box,
    mouth_box,
)
from talkface.face.locate import ClipPoints, locate_points
from talkface.face.mask import feather_mask, mask_ring, match_color, mouth_paste_mask, painted_mask, rectangle_mask
from talkface.face.tracker import FaceTrack, FaceTracker, TrackedFace, track_faces


def __getattr__(name: str) -> object:
    """The detectors and landmarkers that need torch, loaded on first use."""
    if name == "MtcnnDetector":
        from talkface.face.mtcnn import MtcnnDetector

        return MtcnnDetector
    if name == "ReferenceDetector":
        from talkface.face.reference import ReferenceDetector

        return ReferenceDetector
    if name == "ReferenceLandmarker":
        from talkface.face.reference import ReferenceLandmarker

        return ReferenceLandmarker
    if name in ("SmallDetector", "SmallLandmarker"):
        from talkface.face import small

        return getattr(small, name)
    raise AttributeError(name)


__all__ = [
    "ALIGNED_SIDE",
    "WAV2LIP_MARGIN",
    "Box",
    "BoxFollower",
    "ClipPoints",
    "Detection",
    "DetectorChain",
    "FaceDetector",
    "FaceTrack",
    "FaceTracker",
    "Landmarker",
    "ManualBox",
    "Margin",
    "MeshLandmarker",
    "MtcnnDetector",
    "Points",
    "ReferenceDetector",
    "ReferenceLandmarker",
    "SmallDetector",
    "SmallLandmarker",
    "TrackedFace",
    "align_face",
    "as_box",
    "blend",
    "box_area",
    "box_at",
    "box_center",
    "box_iou",
    "box_size",
    "build_detector",
    "build_landmarker",
    "clip_alignment",
    "clip_box",
    "crop_face",
    "expand_box",
    "feather_mask",
    "five_of_68",
    "has_aligned_size",
    "interpolate_points",
    "landmark_square",
    "landmarks_box",
    "locate_points",
    "marks_alignment",
    "mask_ring",
    "match_color",
    "mouth_box",
    "mouth_paste_mask",
    "painted_mask",
    "paste_aligned",
    "paste_face",
    "paste_weight",
    "picture_alignment",
    "picture_crop",
    "rectangle_mask",
    "scale_box",
    "three_points",
    "track_faces",
    "transform_points",
]
