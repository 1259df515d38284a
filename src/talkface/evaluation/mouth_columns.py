"""The columns of the family `mouth`: a result against the face it was made from and the speaker it should follow."""

import math
from typing import NamedTuple

import numpy as np

from talkface.evaluation.aims import EASED, success
from talkface.evaluation.beside import UNSEEN, Found
from talkface.evaluation.mouth_reading import MouthVideo
from talkface.evaluation.timing import timed
from talkface.metrics.functional import mouth_motion as motion

NO_CORRELATION = "one of the two mouths is still, or they are seen together in too few frames"
STILL = "the mouth that it is compared with is still"
OTHER_FACE = "another face than the source"
OF_SILENCE = ("closed_in_silence", "movement_in_silence")
OF_PICTURES = ("sharpness", "colour", "outside")


class Drive(NamedTuple):
    """One pair. source: video of the face. driver: video of the speaker. silent: the face made with silence, cut as the

    source, or why there is none. group: of the speaker's clip, whose aim for `follows_driver` holds.
    """

    source: MouthVideo
    driver: MouthVideo
    silent: MouthVideo | str
    group: str = ""


def mouth_values(made: MouthVideo, drive: Drive) -> Found:
    """All columns of one row. made: the result, cut as the source."""
    found = motion_values(made, drive) | silence_values(drive) | picture_values(made, drive.source)
    values = {column: value for column, value in found.items() if not isinstance(value, str)}
    return {**found, "success": float(success(values, drive.group))}


def driver_values(drive: Drive) -> Found:
    """The row of the speaker's own video: what a perfect mouth has, and what agrees with the source by chance."""
    absent = dict.fromkeys((*OF_SILENCE, *OF_PICTURES, "success"), OTHER_FACE)
    return {**motion_values(drive.driver, drive), **absent}


def motion_values(made: MouthVideo, drive: Drive) -> Found:
    """Whom the mouth follows, how far it opens, whether it shakes."""
    led = motion.follows_later(made.opening, drive.driver.opening)
    real = [motion.shake(each.points) for each in (drive.source, drive.driver)]
    known = [each for each in real if each > 0]
    shaken = motion.shake(made.points) / max(known) if known else math.nan
    return {
        "follows_driver": _or(led.value, NO_CORRELATION),
        "driver_lag": _or(math.nan if math.isnan(led.value) else float(led.lag), NO_CORRELATION),
        "follows_source": _or(motion.follows(made.opening, drive.source.opening), NO_CORRELATION),
        EASED: _or(motion.follows(drive.driver.opening, drive.source.opening), NO_CORRELATION),
        "amplitude": _or(motion.movement_share(made.opening, drive.driver.opening), STILL),
        "shake": _or(shaken, UNSEEN),
    }


def silence_values(drive: Drive) -> Found:
    """What the mouth does while nobody speaks."""
    if isinstance(drive.silent, str):
        return dict.fromkeys(OF_SILENCE, drive.silent)
    moved = motion.movement_share(drive.silent.opening, drive.source.opening)
    return {"closed_in_silence": motion.closed_share(drive.silent.opening), "movement_in_silence": _or(moved, STILL)}


@timed("mouths, pictures")
def picture_values(made: MouthVideo, source: MouthVideo) -> Found:
    """How sharp and how coloured the lower face is, and what changed above it, against the source."""
    frames = min(len(made.seen), len(source.seen))
    both = made.seen[:frames] & source.seen[:frames]
    if not bool(both.any()):
        return dict.fromkeys(OF_PICTURES, UNSEEN)
    detail = [float(np.median(motion.lower_face_detail(each.pictures(each.seen)).numpy())) for each in (made, source)]
    shown, given = (each.pictures(both) for each in (made, source))
    return {
        "sharpness": _or(detail[0] / detail[1] if detail[1] > 0 else math.nan, "the source is without any detail"),
        "colour": motion.colour_change(shown, given),
        "outside": motion.upper_face_change(shown, given),
    }


def _or(value: float, reason: str) -> float | str:
    return reason if math.isnan(value) else value
