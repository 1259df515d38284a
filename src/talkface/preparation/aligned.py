"""What PC-AVS trains on: each clip's faces brought to its template, as its networks see them, and its own mel.

The same crops as serving makes (`convention=exact`): one turn and size a clip, the mouth followed. The sound's loudness
is normalised over the clip.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from talkface.audio.pcavs_mel import pcavs_mel_spectrogram
from talkface.corpus import ClipRow, Corpus
from talkface.face import align_face, marks_alignment, picture_crop
from talkface.media import decode_video

Image = npt.NDArray[np.uint8]


def aligned_crops(corpus: Corpus, row: ClipRow, size: int) -> Iterator[Image]:
    """(size, size, 3) uint8 RGB pictures of a clip; none where the detector gave no points."""
    alignment = marks_alignment(corpus.points(row))
    if alignment is None:
        return
    for frame, matrix in zip(decode_video(corpus.video(row)), alignment, strict=True):
        crop = picture_crop(align_face(frame.image, matrix))
        yield crop if len(crop) == size else _resized(crop, size)


def _resized(crop: Image, size: int) -> Image:
    return np.asarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def speech_mel(corpus: Corpus, row: ClipRow) -> npt.NDArray[np.float32]:
    """(80, S) float32 in [0, 1], 100 steps a second."""
    return pcavs_mel_spectrogram(corpus.samples(row))
