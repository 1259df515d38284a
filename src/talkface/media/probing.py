"""What a source is, from its headers and its first frame."""

from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from talkface.errors import InputError
from talkface.media.blocks import stream_blocks
from talkface.media.border import translated
from talkface.media.colours import native_of
from talkface.media.container import check_readable, is_picture, open_container, sound_streams, video_streams
from talkface.media.decode import HIGHEST_RATE, first_picture, is_cover, nominal_rate, shown_size, video_stream
from talkface.media.source import Kind, SourceInfo
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
    with open_container(source) as container, translated("the file cannot be read", source, "re-encode it"):
        return _probe_container(container, source)


def _probe_container(container: InputContainer, path: Path) -> SourceInfo:
    audio = next(iter(sound_streams(container)), None)
    video = video_stream(container, path) if video_streams(container) else None
    width, height, native = 0, 0, None
    start = Fraction(0)
    if video is not None:
        video.thread_type = "NONE"
        first = first_picture(container, video)
        width, height = shown_size(video, first)
        native = None if first is None else native_of(first)
        start = _first_time(video)
        if first is not None and first.pts is not None and first.time_base is not None:
            start = first.pts * first.time_base
    kind, fps = _kind_and_rate(video, path)
    lead = video if video is not None else audio
    return SourceInfo(
        path=path,
        kind=kind,
        has_video=video is not None,
        has_audio=audio is not None,
        width=width,
        height=height,
        fps=fps,
        start=start,
        audio_start=None if audio is None else _sound_start(audio, path),
        sample_rate=None if audio is None else audio.rate,
        channels=None if audio is None else audio.channels,
        codec="" if lead is None else lead.codec_context.name,
        seconds=_length(container),
        native=native,
    )


def _kind_and_rate(video: VideoStream | None, path: Path) -> tuple[Kind, Fraction | None]:
    """What a stream of pictures is, and its frames a second. InputError: a rate that no clip has."""
    if video is None:
        return "audio", None
    if is_cover(video):
        return "image", None
    rate, stated = nominal_rate(video), video.average_rate or video.guessed_rate
    if rate is None and stated:
        remedy = f"re-encode it, for example at 25 (at most {HIGHEST_RATE})"
        raise InputError(f"the file states {float(stated):g} frames a second", path, remedy)
    return "video", rate


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
