"""Decides in which frames the detector looks: key frames, both sides of a cut, and in between wherever two looks
disagree.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from talkface.face.crop import Image
from talkface.face.detection import Detection, FaceDetector
from talkface.face.linking import agree

Looks = dict[int, list[Detection]]


def look(
    detector: FaceDetector, images: Mapping[int, Image], known: Looks, *, keys: Sequence[int], cuts: Sequence[int]
) -> Looks:
    """Faces of all frames looked at, from the first to the last key.

    images: frame -> picture, for every frame from the first to the last key. known: looks already taken. keys: key
    frames, rising. cuts: frames that start a shot. Halves every stretch whose ends disagree until frames are
    neighbours, so that a face that comes, goes or moves fast is located to the frame; every round is one call of the
    detector. A stretch's result depends on its own frames only.
    """
    inside = [cut for cut in cuts if keys[0] < cut <= keys[-1]]
    looks = {frame: faces for frame, faces in known.items() if keys[0] <= frame <= keys[-1]}
    wanted = sorted({*keys, *inside, *(cut - 1 for cut in inside)} - looks.keys())
    while wanted:
        looks.update(zip(wanted, detector.detect([images[frame] for frame in wanted]), strict=True))
        wanted = _halves(looks)
    return dict(sorted(looks.items()))


def _halves(looks: Looks) -> list[int]:
    """The middle of every stretch longer than one frame whose ends do not agree. (A cut has its neighbours looked
    at.)
    """
    frames = sorted(looks)
    stretches = pairwise(frames)
    return [(low + high) // 2 for low, high in stretches if high - low > 1 and not agree(looks[low], looks[high])]
