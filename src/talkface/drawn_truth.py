"""What a drawn clip's truth says of its speaker. truth: the arrays of `truth.npz`, as `Corpus.truth` reads them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from talkface.errors import InputError

Truth = Mapping[str, npt.NDArray[Any]]
FloatArray = npt.NDArray[np.float32]

_MOUTH_OF_68, _SEEN = slice(48, 68), 0.9  # landmarks of the mouth; part of them that nothing may stand before


def seen_mouths(truth: Truth) -> FloatArray:
    """(T, 6) shapes of the speaker's mouth, columns as in `drawn.MouthShape`; NaN where a tenth of it is hidden."""
    seen = truth["present"][:, 0] & (truth["visible"][:, 0, _MOUTH_OF_68].mean(axis=1) >= _SEEN)
    return np.where(seen[:, None], truth["mouth"][:, 0], np.float32(np.nan)).astype(np.float32)


def spoken_mouths(truth: Truth) -> FloatArray:
    """(T, 6) the mouths that the sound asks for, of which `seen_mouths` are drawings. InputError: an older corpus."""
    if "spoken" not in truth:
        raise InputError("drawn before it was noted what the sound asks for", "truth.npz", "draw the corpus again")
    return truth["spoken"].astype(np.float32)


def seen_landmarks(truth: Truth) -> FloatArray:
    """(T, 68, 2) landmarks of the speaker in pixels of video.mp4, NaN where hidden."""
    seen = truth["present"][:, :1] & truth["visible"][:, 0]
    return np.where(seen[..., None], truth["landmarks"][:, 0], np.float32(np.nan)).astype(np.float32)


def head_turns(truth: Truth) -> FloatArray:
    """(T, 3) yaw, pitch and roll of the speaker's head in degrees, NaN where it is not there."""
    turned = np.where(truth["present"][:, :1], truth["pose"][:, 0, :3], np.float32(np.nan))
    return turned.astype(np.float32)
