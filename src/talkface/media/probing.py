"""What a source is, from its headers and its first frame."""

from fractions import Fraction
from pathlib import Path

import av.error
from av import VideoFrame
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from talkface.errors import InputError
from talkface.media.blocks import stream_blocks
from talkface.media.container import check_readable, is_picture, open_container
from talkface.media.decode import frame_orientation, pixel_aspect, video_stream
from talkface.media.geometry import UPRIGHT, upright_size
from talkface.media.source import SourceInfo
from talkface.media.still import folder_info, picture_info


def probe(path: Path | str) -> SourceInfo:
    """What a file or folder is. InputError: missing, empty, not media.

    A length from a header is a claim, not a fact.
    """
    source = check_readable(path)
    if source.is_dir():
        return folder_info(source)
    if is_picture(source):
        return picture_info(source)
    with open_container(source) as container:
        return _probe_container(container, source)


def _probe_container(container: InputContainer, path: Path) -> SourceInfo:
    audio = container.streams.audio[0] if container.streams.audio else None
    video = video_stream(container, path) if container.streams.video else None
    width = height = 0
    start = Fraction(0)
    if video is not None:
        first = _first_picture(container, video)
        orientation = frame_orientation(first) if first is not None else UPRIGHT
        width, height = upright_size(video.width, video.height, pixel_aspect(video), orientation)
        start = _first_time(video)
        if first is not None and first.pts is not None and first.time_base is not None:
            start = first.pts * first.time_base
    lead = video if video is not None else audio
    return SourceInfo(
        path=path,
        kind="video" if video is not None else "audio",
        has_video=video is not None,
        has_audio=audio is not None,
        width=width,
        height=height,
        fps=None if video is None else video.average_rate or video.guessed_rate,
        start=start,
        audio_start=None if audio is None else _sound_start(audio, path),
        sample_rate=None if audio is None else audio.rate,
        channels=None if audio is None else audio.channels,
        codec="" if lead is None else lead.codec_context.name,
        seconds=_length(container),
    )


def _first_picture(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    stream.thread_type = "NONE"
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            pictures = packet.decode() if packet is not None else []
        except av.error.FFmpegError:
            continue
        if pictures or packet is None:
            return pictures[0] if pictures else None


def _first_time(stream: Stream) -> Fraction:
    if stream.start_time is None or stream.time_base is None:
        return Fraction(0)
    return max(stream.start_time * stream.time_base, Fraction(0))


def _sound_start(stream: Stream, path: Path) -> Fraction:
    """Time of the first sample that comes out of the decoder; headers count priming in some containers."""
    try:
        return next(stream_blocks(path)).start
    except (InputError, StopIteration):
        return _first_time(stream)


def _length(container: InputContainer) -> Fraction | None:
    return None if not container.duration or container.duration < 0 else Fraction(container.duration, 1_000_000)
