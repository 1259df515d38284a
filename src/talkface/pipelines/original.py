"""The original's inference reproduced: pads, box smoothing, mel windows, loop. Source: Rudrabha, 5c90fa9."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import numpy as np
import numpy.typing as npt

from talkface.errors import InputError
from talkface.face import FaceDetector, TrackedFace
from talkface.pipelines.options import Four, LipSyncOptions
from talkface.pipelines.pictures import PictureSource
from talkface.pipelines.sound import MelStream, whole_mel
from talkface.pipelines.speaking import FloatArray, Wanted
from talkface.timeline import MEL_WINDOW, Convention, Timeline

IntArray = npt.NDArray[np.int64]
DEFAULT_PADS: Four = (0, 10, 0, 0)
SMOOTHING = 5  # boxes averaged, this one and those after it


def padded(box: npt.NDArray[np.floating], pads: Four, height: int, width: int) -> IntArray:
    """(4,) int64 (left, top, right, bottom): the box, cut to whole pixels, with `pads`, inside the picture."""
    left, top, right, bottom = (int(side) for side in box)
    above, below, before, after = pads
    sides = max(0, left - before), max(0, top - above), min(width, right + after), min(height, bottom + below)
    return np.array(sides, dtype=np.int64)


def smoothed(boxes: IntArray) -> IntArray:
    """(T, 4) int64: each box becomes the mean of itself and the next four, cut to whole pixels; a copy.

    In place and looking ahead only, as the original: the last four windows are the last five entries, partly smoothed
    already. With fewer than five boxes the original's slice starts from the end again (3: last two, 4: the last one).
    """
    result = boxes.copy()
    count = len(result)
    for index in range(count):
        window = result[count - SMOOTHING :] if index + SMOOTHING > count else result[index : index + SMOOTHING]
        result[index] = np.mean(window, axis=0)
    return result


def mel_and_starts(sound: MelStream, fps: Fraction) -> tuple[FloatArray, list[int]]:
    """The whole mel (80, S) and the first step of each picture's window; a sound below 0.2 s is filled with silence."""
    mel, _ = whole_mel(sound)
    if mel.shape[1] < MEL_WINDOW:
        mel = np.pad(mel, ((0, 0), (0, MEL_WINDOW - mel.shape[1])), constant_values=-4.0)
    return mel, list(Timeline(fps, convention=Convention.WAV2LIP).generator_window_starts(mel.shape[1]))


def found_boxes(
    source: PictureSource, detector: FaceDetector | None, options: LipSyncOptions, count: int
) -> tuple[IntArray, list[float]]:
    """(n, 4) boxes of the first `count` pictures (fewer if the clip is shorter) and the detector's confidences.

    InputError: a picture without a face, as in the original, where the run ends there.
    """
    boxes, scores = [], []
    for frame in islice(source(), count):
        height, width = frame.image.shape[:2]
        if options.boxes or detector is None:
            box = np.asarray(options.boxes[0], np.float64)
            boxes.append(padded(box, (0, 0, 0, 0), height, width))
            scores.append(1.0)
            continue
        found = detector.detect([frame.image])[0]
        if not found:
            remedy = "use convention=exact, which lets such frames pass, or give box=[left,top,right,bottom]"
            raise InputError(f"no face in frame {frame.index}", source.path, remedy)
        pads = DEFAULT_PADS if options.pads is None else options.pads
        boxes.append(padded(found[0].box, pads, height, width))
        scores.append(found[0].confidence)
    result = np.stack(boxes)
    return (result if options.nosmooth or options.boxes else smoothed(result)), scores


def wanted_as_original(
    source: PictureSource, sound: MelStream, detector: FaceDetector | None, options: LipSyncOptions
) -> Iterator[Wanted]:
    """What the original would make: as many pictures as there are windows, the clip in circles, at its nominal rate.

    The clip is decoded twice, once to find the faces, so no picture is kept. The mel is held whole.
    """
    mel, starts = mel_and_starts(sound, source.fps)
    boxes, scores = found_boxes(source, detector, options, len(starts))
    number = 0
    while number < len(starts):
        for frame, box, score in zip(source(), boxes, scores, strict=False):
            if number == len(starts):
                return
            face = TrackedFace(0, box.astype(np.float32), None, score)
            time = sound.start + number / source.fps
            window = mel[:, starts[number] : starts[number] + MEL_WINDOW]
            yield Wanted(frame, time, (face,), (box.astype(np.float32),), (window,), (1.0,))
            number += 1
