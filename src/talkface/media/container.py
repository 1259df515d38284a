"""Opening sources: what kind a path is, and PyAV's errors turned into one clear line."""

import re
from pathlib import Path

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from talkface.errors import InputError

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".apng"})
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")
# Demuxers that would read a text file as a picture, a playlist that opens other files, or a stream without pictures.
_REFUSED_FORMATS = frozenset({"tty", "concat", "hls", "dash", "sdp", "rtsp", "ffmetadata", "lavfi"})


def check_readable(path: Path | str) -> Path:
    """The path as a Path. InputError: it is missing, empty, or cannot be read."""
    source = Path(path)
    try:
        if source.is_dir():
            return source
        if source.stat().st_size == 0:
            raise InputError("the file is empty", source, "give a complete file")
        with source.open("rb") as stream:
            stream.read(1)
    except FileNotFoundError as error:
        raise InputError("no such file", source, "check the path") from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the file ({error})", source, "check the path and its rights") from error
    return source


def is_picture(path: Path) -> bool:
    """True for what Pillow shall read (PNG, JPEG, GIF, WebP, BMP, TIFF), judged by the first bytes, not the name."""
    with path.open("rb") as stream:
        head = stream.read(16)
    return head.startswith(_SIGNATURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def open_container(path: Path) -> InputContainer:
    """Open a media file by PyAV. InputError: not media, damaged beyond opening, or a playlist.

    The name is passed as `file:NAME`: percent signs, colons, dashes and line breaks in it stay plain characters.
    """
    try:
        container = av.open(f"file:{path}", "r", metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"not a media file, or damaged ({reason})", path, "give a complete video, picture or sound"
        ) from error
    if _REFUSED_FORMATS.intersection(container.format.name.split(",")):
        container.close()
        raise InputError("not a media file", path, "give a video, a picture or a sound")
    if not video_streams(container) and not sound_streams(container):
        known = bool(container.streams.video or container.streams.audio)
        container.close()
        finding = "a codec that nothing here can decode" if known else "not a media file"
        raise InputError(finding, path, "give a video, a picture or a sound")
    return container


def video_streams(container: InputContainer) -> list[VideoStream]:
    """The streams of pictures that can be decoded."""
    return [stream for stream in container.streams.video if _decodable(stream)]


def sound_streams(container: InputContainer) -> list[AudioStream]:
    """The streams of sound that can be decoded: phones add one of spatial sound that only they can."""
    return [stream for stream in container.streams.audio if _decodable(stream)]


def _decodable(stream: Stream) -> bool:
    return getattr(stream, "codec_context", None) is not None


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key in which 2.png comes before 10.png."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part)


def folder_pictures(folder: Path) -> list[Path]:
    """Pictures of a frame folder in natural order, hidden files left out. InputError: none."""
    try:
        files = [item for item in folder.iterdir() if item.suffix.lower() in PICTURE_SUFFIXES and item.name[0] != "."]
        pictures = sorted(
            (item for item in files if item.is_file()), key=lambda item: (natural_key(item.name), item.name)
        )
    except OSError as error:
        raise InputError(f"cannot read the folder ({error.strerror})", folder, "check its rights") from error
    if not pictures:
        raise InputError(
            "the folder holds no pictures", folder, "give a video, a picture, or a folder of PNG or JPEG frames"
        )
    return pictures
