"""Streaming output: frames and sound to one file, complete or absent. Memory does not grow with length."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import av.error
import numpy as np
from av import VideoFrame
from av.container import OutputContainer
from av.video.stream import VideoStream

from talkface.errors import InputError
from talkface.media.atomic import temporary_beside
from talkface.media.colours import UNTAGGED, Native, colours_of, is_wide
from talkface.media.formats import codec_options, format_of
from talkface.media.palette import to_palette
from talkface.media.source import Audio, Box, Image, Stored
from talkface.media.stored import repainted, to_stored
from talkface.media.track import SoundTrack, audio_blocks, file_blocks, first_seconds, mixed_blocks
from talkface.paths import real_target

logger = logging.getLogger(__name__)
_THREADS_PAY_FROM = 640 * 480  # pixels; below that one thread encodes as fast, and the same bytes on every machine


class VideoWriter:
    """Context manager that encodes RGB frames and a sound track; the container follows the ending of `path`.

    mp4, m4v, mov, mkv: H.264 + AAC; webm: VP9 + Opus; avi: MPEG-4 + PCM (constant rate only); gif: no sound.
    Odd sizes are padded to even by repeating the last column and row (not for gif).
    Colours are BT.709 and tagged so (avi: BT.601, untagged), or those of the stored pictures that are given.
    The file grows under a temporary name and appears complete when the block ends; on any error or Ctrl-C nothing is
    left.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        width: int,
        height: int,
        fps: Fraction,
        audio: Audio | None = None,
        audio_path: Path | str | Sequence[Path] | None = None,
        audio_seconds: Fraction | None = None,
        crf: int = 18,
        gop: int | None = None,
        alpha: bool = False,
        preset: str = "medium",
        native: Native | None = None,
    ) -> None:
        """width, height: of the images to be written.

        fps: nominal rate; also the spacing of frames written without a timestamp.
        audio or audio_path: the track, on the same clock as the timestamps; several paths are mixed; audio_seconds:
        only so much of it. alpha: images are (H, W, 4) with straight alpha. native: hold the (BT.709) images in these
        wide colours, so that stored pictures of them are kept. InputError: unknown ending; a container without alpha or
        without such colours; a folder that cannot be written; no sound in audio_path.
        """
        if audio is not None and audio_path is not None:
            raise ValueError("give audio or audio_path, not both")
        self.path, self.width, self.height, self.fps = Path(path), width, height, Fraction(fps)
        self._form = format_of(self.path)
        if alpha and self._form.alpha is None:
            raise InputError(
                f"{self.path.suffix} cannot hold alpha", self.path, "write .mov, .webm, .mkv or .gif, or set alpha off"
            )
        self._alpha, self._audio, self._audio_seconds = alpha, audio, audio_seconds
        self._audio_paths = [Path(audio_path)] if isinstance(audio_path, str | Path) else list(audio_path or ())
        plain = (self._form.codec, self._form.pixels)
        self._native = native
        deep = None if native is None else self._form.native(native)
        if native is not None and (deep is None or alpha):
            held = "alpha together with HDR or a wide gamut" if alpha else "HDR or a wide gamut"
            raise InputError(f"{self.path.suffix} cannot hold {held}", self.path, "leave colour=sdr, or write .mp4")
        self._codec, self._pixels = deep or (self._form.alpha if alpha and self._form.alpha else plain)
        self._options = codec_options(self._codec, crf, gop, preset)
        self._tick = self._form.time_base(self.fps)
        self._previous: Fraction | None = None
        self._last_pts = -1
        self._shift = Fraction(0)
        self.frames = 0

    def __enter__(self) -> Self:
        self._temporary = temporary_beside(self.path)
        try:
            self._container: OutputContainer = av.open(
                f"file:{self._temporary}", "w", format=self._form.muxer, container_options=self._form.muxer_options
            )
            self._stream = self._picture_stream()
            self._track = self._sound_track()
        except av.error.FFmpegError as error:
            self._abandon()
            raise self._unwritable(error) from error
        except BaseException:
            self._abandon()
            raise
        return self

    def write(
        self,
        image: Image,
        timestamp: Fraction | None = None,
        *,
        stored: Stored | None = None,
        changed: Sequence[Box] = (),
    ) -> None:
        """Encode one image (height, width, 3 or with alpha 4) uint8 RGB.

        timestamp: presentation time in seconds, larger than the one before; None: one frame of the nominal rate later
        (first: 0). stored: the same picture as read (`Frame.stored`), from which `image` differs in `changed` only,
        boxes (left, top, right, bottom) in pixels: everything else is encoded without a conversion of its colours,
        where this file holds them alike.
        ValueError: wrong shape or dtype, time that does not grow. InputError: the disk is full.
        """
        expected = (self.height, self.width, 4 if self._alpha else 3)
        if image.shape != expected or image.dtype != np.uint8:
            raise ValueError(f"expected {expected} uint8, got {image.shape} {image.dtype}")
        time = self._time(timestamp)
        try:
            if self.frames == 0:
                self._begin(time)
                self._tag(stored)
            picture = self._picture(image, stored, changed)
            picture.pts, picture.time_base = self._pts(time), self._tick
            picture.duration = max(1, round(1 / (self.fps * self._tick)))
            self._container.mux(self._stream.encode(picture))
            if self._track is not None:
                self._track.write_until(time + self._shift)
        except av.error.FFmpegError as error:
            raise self._unwritable(error) from error
        self._previous = time
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandon()
            return
        try:
            self._finish()
        except av.error.FFmpegError as problem:
            raise self._unwritable(problem) from problem
        finally:
            self._abandon()

    def _finish(self) -> None:
        if self.frames == 0:
            raise InputError(
                "no frame was written", self.path, "check that the source has frames in the chosen stretch"
            )
        self._container.mux(self._stream.encode(None))
        if self._track is not None:
            self._track.close()
        self._container.close()
        try:
            self._temporary.replace(real_target(self.path))
        except OSError as error:
            raise InputError(f"cannot write the output ({error.strerror})", self.path, "check its rights") from error

    def _abandon(self) -> None:
        """Close everything and remove what was not renamed; harmless after a clean end."""
        container = getattr(self, "_container", None)
        if container is not None:
            with suppress(av.error.FFmpegError, ValueError):
                container.close()
        self._temporary.unlink(missing_ok=True)

    def _unwritable(self, error: av.error.FFmpegError) -> InputError:
        return InputError(f"cannot write the output ({error.strerror})", self.path, "check the disk's space and rights")

    def _picture_stream(self) -> VideoStream:
        stream = cast(VideoStream, self._container.add_stream(self._codec, rate=self.fps, options=self._options))
        even = self._pixels != "pal8"
        stream.width, stream.height = (
            (self.width + self.width % 2, self.height + self.height % 2) if even else (self.width, self.height)
        )
        stream.pix_fmt = self._pixels
        context = stream.codec_context
        context.time_base = self._tick
        if self._codec == "libx265" and self._form.muxer != "matroska":
            context.codec_tag = "hvc1"  # what QuickTime and phones play
        if self._form.constant:
            context.max_b_frames = 0
        if self.width * self.height < _THREADS_PAY_FROM:
            context.thread_count = 1
        return stream

    def _sound_track(self) -> SoundTrack | None:
        if self._audio is None and not self._audio_paths:
            return None
        if self._form.audio_codec is None:
            logger.warning("%s cannot hold sound: the track is left out", self.path.suffix)
            return None
        if self._audio is not None:
            blocks = audio_blocks(self._audio)
        else:
            paths = self._audio_paths
            blocks = file_blocks(paths[0]) if len(paths) == 1 else mixed_blocks(paths)
        if self._audio_seconds is not None:
            blocks = first_seconds(blocks, self._audio_seconds)
        return SoundTrack(self._container, self._form, blocks)

    def _time(self, timestamp: Fraction | None) -> Fraction:
        if timestamp is None:
            return Fraction(0) if self._previous is None else self._previous + 1 / self.fps
        if self._previous is not None and timestamp <= self._previous:
            raise ValueError(f"timestamps must grow: {timestamp} after {self._previous}")
        return Fraction(timestamp)

    def _begin(self, time: Fraction) -> None:
        """Fix the output's clock: it is the caller's, moved only if something would lie before zero."""
        sound = time if self._track is None else self._track.start
        self._shift = max(Fraction(0), -min(time, sound))
        if self._track is not None:
            self._track.begin(time, self._shift)

    def _tag(self, stored: Stored | None) -> None:
        """Fix the output's colours: the first stored picture's, so that a player reads both files alike, else ours."""
        if self._native is not None:
            self._colours = self._native.colours
        else:
            self._colours = colours_of(stored) if stored is not None and self._fits(stored) else self._form.colours
        if self._pixels != "pal8":
            context = self._stream.codec_context
            context.colorspace, context.color_range, context.color_primaries, context.color_trc = self._colours

    def _fits(self, stored: Stored) -> bool:
        """Whether this file can hold the samples of that picture: it knows their layout, and can say their colours."""
        same = (stored.format.name, stored.width, stored.height) == (self._pixels, self.width, self.height)
        return same and self._form.colours != UNTAGGED and is_wide(colours_of(stored)) == (self._native is not None)

    def _pts(self, time: Fraction) -> int:
        """Tick of a time; two frames closer than a tick of the container still get two ticks."""
        self._last_pts = max(self._last_pts + 1, round((time + self._shift) / self._tick))
        return self._last_pts

    def _picture(self, image: Image, stored: Stored | None, changed: Sequence[Box]) -> VideoFrame:
        if self._pixels == "pal8":
            return VideoFrame.from_ndarray(cast(Image, to_palette(image)), format="pal8")  # PyAV takes the pair
        if stored is not None and self._fits(stored) and colours_of(stored) == self._colours:
            return repainted(stored, image, changed)
        odd = self.height % 2 or self.width % 2
        padded = np.pad(image, ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge") if odd else image
        return to_stored(padded, self._pixels, self._colours)
