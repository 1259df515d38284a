"""Faces: boxes, detectors, tracks, crop and paste. Importing this room loads no network; detectors load when they are
built.
"""

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
from talkface.face.build import build_detector
from talkface.face.crop import blend, crop_face, paste_face
from talkface.face.detection import Detection, FaceDetector, ManualBox, Points
from talkface.face.landmarks import MeshLandmarker, mouth_box
from talkface.face.mask import feather_mask, mask_ring, match_color, mouth_paste_mask, rectangle_mask
from talkface.face.tracker import FaceTrack, FaceTracker, TrackedFace, track_faces


def __getattr__(name: str) -> object:
    """The detectors that need torch, loaded on first use."""
    if name == "MtcnnDetector":
        from talkface.face.mtcnn import MtcnnDetector

        return MtcnnDetector
    if name == "ReferenceDetector":
        from talkface.face.reference import ReferenceDetector

        return ReferenceDetector
    raise AttributeError(name)


__all__ = [
    "WAV2LIP_MARGIN",
    "Box",
    "Detection",
    "FaceDetector",
    "FaceTrack",
    "FaceTracker",
    "ManualBox",
    "Margin",
    "MeshLandmarker",
    "MtcnnDetector",
    "Points",
    "ReferenceDetector",
    "TrackedFace",
    "as_box",
    "blend",
    "box_area",
    "box_center",
    "box_iou",
    "box_size",
    "build_detector",
    "clip_box",
    "crop_face",
    "expand_box",
    "feather_mask",
    "mask_ring",
    "match_color",
    "mouth_box",
    "mouth_paste_mask",
    "paste_face",
    "rectangle_mask",
    "scale_box",
    "track_faces",
]
