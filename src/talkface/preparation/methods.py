"""Ways to make the clips of a corpus: from filmed sources by detection, or drawn from nothing."""

from collections.abc import Callable
from functools import singledispatch
from pathlib import Path
from typing import Any, Protocol

from talkface.corpus import ClipRow
from talkface.preparation.clip import prepare_clips, process_detector
from talkface.preparation.drawing import DrawnSettings, draw_clips
from talkface.preparation.layouts import SourceClip
from talkface.preparation.settings import PreparationSettings


class Settings(Protocol):
    """What every kind of settings can do."""

    def describe(self) -> dict[str, Any]:
        """All that determines the bytes of a clip, as plain values."""

    @property
    def hash(self) -> str:
        """Short name of these settings."""


MakeClips = Callable[[SourceClip, Path], list[ClipRow]]


@singledispatch
def clip_maker(settings: Settings) -> MakeClips:
    """How these settings make the clips of a source: from the source and an empty folder to rows, which are not

    written yet. InputError of this call: a detector that cannot be built, a synthesiser that is not installed; of the
    returned one: whatever makes the source unusable.
    """
    raise TypeError(f"no way to prepare clips by {type(settings).__name__}")


@clip_maker.register
def _(settings: PreparationSettings) -> MakeClips:
    process_detector(settings.detector, settings.detector_options)
    return lambda clip, folder: prepare_clips(clip, settings, folder)


@clip_maker.register
def _(settings: DrawnSettings) -> MakeClips:
    settings.describe()  # says now if nothing can speak
    return lambda clip, folder: draw_clips(clip, settings, folder)
