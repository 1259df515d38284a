"""Streaming decode of video: real timestamps, upright RGB pictures, damage survived.

Memory does not grow with length.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av.error
import cv2
import numpy as np
from av import CodecContext, VideoFrame
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from talkface.errors import InputError
from talkface.media.border import translated
from talkface.media.colours import check_readable_colours, colours_of, is_wide, to_bt709
from talkface.media.conform import in_one_size
from talkface.media.container import check_readable, is_picture, open_container, video_streams
from talkface.media.geometry import (
    UPRIGHT,
    Orientation,
    orient,
    orientation_of_matrix,
    square_size,
    upright_size,
)
from talkface.media.layers import laid
from talkface.media.source import BLACK, FOLDER_FPS, Colour, Frame, Image
from talkface.media.still import decode_pictures
from talkface.media.stored import SCALING, as_stored

logger = logging.getLogger(__name__)
HIGHEST_RATE = 1000  # frames a second: no camera's clip, only wrong headers and clocks taken for rates state more
_THREADS_PAY_FROM = 1280 * 720  # pixels; below that handing frames between threads costs more than it gains


@dataclass(slots=True)
class _Losses:
    """What went wrong while decoding, for one line of warning at the end."""

    packets: int = 0
    concealed: int = 0
    cut_short: str = ""
    moved: int = 0

    def report(self, path: Path, frames: int) -> None:
        """Log one line if anything was lost."""
        found = []
        if self.packets:
            found.append(f"{self.packets} damaged packets left out")
        if self.concealed:
            found.append(f"{self.concealed} frames decoded with errors")
        if self.moved:
            found.append(f"{self.moved} frames without a usable time")
        if self.cut_short:
            found.append(f"the file ends early ({self.cut_short})")
        if found:
            logger.warning("%s: %s; %d frames decoded", path.name, ", ".join(found), frames)


def decode_video(
    path: Path | str,
    *,
    start: Fraction | None = None,
    stop: Fraction | None = None,
    background: Colour | None = BLACK,
    keep_colour: bool = False,
) -> Iterator[Frame]:
    """Frames of a video, still, GIF, WebP, animated PNG or folder of pictures, in presentation order, all of one size.

    Images are BT.709 SDR whatever the source holds (HDR is tone-mapped). A source that changes its size midway is
    brought to the size of its first picture.

    start, stop: keep frames with start <= timestamp < stop, in seconds on the source's own clock. background: RGB put
    under alpha; None: nothing is, the frames carry their alpha beside their straight colours. keep_colour:
    `Frame.stored` holds pictures of HDR and wide gamut too.
    Damaged packets are left out and reported by a warning; the other frames keep their times.
    InputError (at the call, not at the first frame): missing, empty, not media, no picture in it, no frame decodes.
    """
    source = check_readable(path)
    if source.is_dir() or is_picture(source):
        frames = in_one_size(decode_pictures(source, background), source)
    else:
        frames = _decode_stream(source, start, background, keep_colour)
    chosen = _between(frames, start, stop)
    first = next(chosen, None)
    if first is None:
        raise InputError("no frame in this stretch of time", source, "check start and stop against the clip's length")
    return _chained(first, chosen)


def _chained(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest


def _between(frames: Iterator[Frame], start: Fraction | None, stop: Fraction | None) -> Iterator[Frame]:
    index = 0
    for frame in frames:
        if stop is not None and frame.timestamp >= stop:
            return
        if start is None or frame.timestamp >= start:
            yield replace(frame, index=index)
            index += 1


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The picture stream; an attached cover picture counts only if there is nothing else. InputError: none."""
    streams = video_streams(container)
    if not streams:
        container.close()
        raise InputError("no picture in this file, only sound", path, "give a video or a picture")
    moving = [stream for stream in streams if not is_cover(stream)]
    return (moving or list(streams))[0]


def pixel_aspect(stream: VideoStream) -> Fraction | None:
    """Pixel width / height as the container says, else as the codec says."""
    return stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio


def is_cover(stream: VideoStream) -> bool:
    """Whether a stream is a picture attached to a sound (cover art): a still."""
    return bool(stream.disposition & stream.disposition.__class__.attached_pic)


def nominal_rate(stream: VideoStream) -> Fraction | None:
    """Frames a second as the headers say, None where nothing they say can be true (or the stream is a still)."""
    if is_cover(stream):
        return None
    stated = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    return next((rate for rate in stated if rate and 0 < rate <= HIGHEST_RATE), None)


def _decode_stream(path: Path, start: Fraction | None, background: Colour | None, wide: bool) -> Iterator[Frame]:
    with open_container(path) as container, translated("the picture cannot be decoded", path, "re-encode it"):
        stream = video_stream(container, path)
        large = stream.width * stream.height >= _THREADS_PAY_FROM
        stream.thread_type = "AUTO" if large else "NONE"
        size = None
        if start is not None and start > (stream.start_time or 0) * (stream.time_base or 0):
            size = shown_size(stream, first_picture(container, stream))
            _seek(container, stream, start)
        yield from in_one_size(_frames(container, stream, path, background, wide, empty=start is not None), path, size)


def _frames(
    container: InputContainer, stream: VideoStream, path: Path, background: Colour | None, wide: bool, *, empty: bool
) -> Iterator[Frame]:
    """Frames from where the container stands. InputError: none decodes, unless `empty`."""
    losses, count = _Losses(), 0
    step = 1 / (nominal_rate(stream) or FOLDER_FPS)
    previous: Fraction | None = None
    try:
        for picture in _pictures(container, stream, losses):
            check_readable_colours(colours_of(picture), path)
            timestamp = _timestamp(picture, previous, step, losses)
            duration = picture.duration * picture.time_base if picture.duration and picture.time_base else step
            aspect = pixel_aspect(stream)
            image, alpha = laid(upright(picture, aspect), background)
            stored = as_stored(picture, aspect, frame_orientation(picture), wide=wide)
            yield Frame(count, timestamp, image, step if is_cover(stream) else duration, alpha, stored)
            previous, count = timestamp, count + 1
    finally:
        losses.report(path, count)
    if count == 0 and not empty:
        raise InputError("no frame can be decoded", path, "give a complete video")


def first_picture(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    """The first picture that decodes, None if there is none. The container then stands somewhere behind it."""
    return next(_pictures(container, stream, _Losses()), None)


def shown_size(stream: VideoStream, first: VideoFrame | None) -> tuple[int, int]:
    """(width, height) of the upright frames of a stream whose first picture is given."""
    aspect = pixel_aspect(stream)
    if first is None:
        return upright_size(stream.width, stream.height, aspect, UPRIGHT)
    return upright_size(first.width, first.height, aspect, frame_orientation(first))


def _seek(container: InputContainer, stream: VideoStream, start: Fraction) -> None:
    """To the key frame at or before `start`; where the container cannot, decoding begins at the front."""
    if stream.time_base is None:
        return
    try:
        container.seek(int(start / stream.time_base), stream=stream, backward=True, any_frame=False)
    except av.error.FFmpegError:
        container.seek(0)


def _pictures(container: InputContainer, stream: VideoStream, losses: _Losses) -> Iterator[VideoFrame]:
    packets = container.demux(stream)
    decoder = _alpha_decoder(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as error:
            losses.cut_short = error.strerror or str(error)
            yield from _flushed(stream, losses)
            return
        if packet is None:
            return
        try:
            pictures = packet.decode() if decoder is None else decoder.decode(packet)
        except av.error.FFmpegError:
            losses.packets += 1
            continue
        for picture in pictures:
            losses.concealed += bool(picture.is_corrupt)
            yield picture


def _alpha_decoder(stream: VideoStream) -> VideoCodecContext | None:
    """libvpx for VP8 and VP9 with alpha: FFmpeg's own decoders drop it."""
    if stream.codec_context.name not in ("vp8", "vp9") or stream.metadata.get("alpha_mode") != "1":
        return None
    library = "libvpx" if stream.codec_context.name == "vp8" else "libvpx-vp9"
    return cast(VideoCodecContext, CodecContext.create(library, "r"))


def _flushed(stream: VideoStream, losses: _Losses) -> list[VideoFrame]:
    try:
        return stream.decode(None)
    except av.error.FFmpegError:
        losses.packets += 1
        return []


def _timestamp(picture: VideoFrame, previous: Fraction | None, step: Fraction, losses: _Losses) -> Fraction:
    """Presentation time of a picture; where it is missing or runs backwards, one step after the previous."""
    if picture.pts is not None and picture.time_base is not None:
        timestamp = picture.pts * Fraction(picture.time_base)
        if previous is None or timestamp > previous:
            return timestamp
    elif previous is None:
        return Fraction(0)
    losses.moved += 1
    return (previous or Fraction(0)) + step


def frame_orientation(picture: VideoFrame) -> Orientation:
    """Orientation out of a decoded picture's display matrix."""
    try:
        matrix: Any = picture.side_data.get("DISPLAYMATRIX")  # a buffer, which PyAV's types do not say
    except ValueError:  # it holds side data of a kind that PyAV does not know (EXIF of JPEG pictures)
        return round(picture.rotation / 90) % 4, False
    return UPRIGHT if matrix is None else orientation_of_matrix(np.frombuffer(matrix, np.int32))


def upright(picture: VideoFrame, aspect: Fraction | None) -> Image:
    """Any decoded picture (any bit depth, gray, palette, HDR) upright: (H, W, 3) uint8 RGB of BT.709, or (H, W, 4) with
    alpha."""
    width, height = square_size(picture.width, picture.height, aspect)
    alpha = any(component.is_alpha for component in picture.format.components) or picture.format.has_palette
    if is_wide(colours_of(picture)):
        image = to_bt709(picture, width, height, alpha=alpha)
    else:
        pixels = "rgba" if alpha else "gbrp"
        converted = picture.reformat(width, height, pixels, interpolation=SCALING, threads=1)
        image = cast(Image, converted.to_ndarray()) if alpha else _interleaved(converted)
    return orient(image, frame_orientation(picture))


def _interleaved(picture: VideoFrame) -> Image:
    """(H, W, 3) uint8 RGB of a planar picture (gbrp), which FFmpeg converts to twice as fast, value for value."""
    planes: Any = picture.planes  # buffers, which PyAV's types do not say
    rows = (np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size) for plane in planes)
    green, blue, red = (plane[:, : picture.width] for plane in rows)
    return np.asarray(cv2.merge([red, green, blue]), np.uint8)


def is_transparent(path: Path | str) -> bool:
    """Whether anything can be seen through the first picture of a source. InputError: as `decode_video`."""
    first = next(decode_video(path, background=None))
    return first.alpha is not None and bool((first.alpha < 255).any())
