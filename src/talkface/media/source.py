"""What media hands around: a frame, a sound, and what a probe found out about a source."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from av import VideoFrame

from talkface.media.colours import Native

Image = npt.NDArray[np.uint8]
Box = npt.NDArray[np.float32]
Stored = VideoFrame  # the samples of a picture as its file holds them
Samples = npt.NDArray[np.float32]
Kind = Literal["video", "image", "audio", "frames", "animation"]
Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
FOLDER_FPS = Fraction(25)  # a folder of pictures carries no times: both originals read theirs at 25 a second


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One upright picture with square pixels.

    index: position in the stream, from 0 (from the first frame handed out when decoding began at `start`).
    timestamp: presentation time in seconds on the source's own clock. image: (H, W, 3) uint8 RGB, contiguous.
    duration: seconds the picture is shown where the source says so, else None. alpha: (H, W) uint8, how much of the
    picture covers what is behind it, where it was asked for and the source has it; None: all of it. stored: the picture
    as the file holds it, where a file of ours could hold it so too (`stored.as_stored`).
    """

    index: int
    timestamp: Fraction
    image: Image
    duration: Fraction | None = None
    alpha: Image | None = None
    stored: Stored | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of its pictures: RGB, alpha, and the samples as stored that it keeps alive."""
        stored = 0 if self.stored is None else sum(plane.buffer_size for plane in self.stored.planes)
        return self.image.nbytes + stored + (0 if self.alpha is None else self.alpha.nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A stretch of mono sound.

    samples: (N,) float32 in [-1, 1]. sample_rate: Hz. start: presentation time of sample 0 in seconds on the source's
    own clock, the clock of its frames; a codec's priming is accounted for.
    """

    samples: Samples
    sample_rate: int
    start: Fraction = Fraction(0)

    @property
    def seconds(self) -> Fraction:
        """Length in seconds, exact."""
        return Fraction(len(self.samples), self.sample_rate)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What the headers of a source say. Headers lie: count decoded frames, never rely on a header's length.

    width, height: after rotation and pixel aspect (0 without a picture). fps: nominal rate, None for sound and single
    pictures.
    start, audio_start: presentation time of the first frame and of the first sample. codec: of the picture, else of the
    sound.
    seconds: length the header claims, None where it says nothing; for progress displays only. native: how pictures of
    HDR or wide gamut are held, None for all others.
    """

    path: Path
    kind: Kind
    has_video: bool
    has_audio: bool
    width: int
    height: int
    fps: Fraction | None
    start: Fraction
    audio_start: Fraction | None
    sample_rate: int | None
    channels: int | None
    codec: str
    seconds: Fraction | None = None
    native: Native | None = None
