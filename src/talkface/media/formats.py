"""What each container is filled with, chosen by the ending of the file name."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from pathlib import Path

from talkface.errors import InputError
from talkface.media.colours import BT709, DEEP_PIXELS, UNTAGGED, Colours, Native

_FINE = (
    90_000  # ticks a second where the container leaves the choice: times of uneven sources are kept to 6 microseconds
)


@dataclass(frozen=True, slots=True)
class Format:
    """One container. ticks: fixed ticks a second (0: fine and exact for the rate). constant: knows only even times.

    alpha: (codec, pixel format) that carries alpha, None if nothing does. audio_rates: sample rates its sound codec
    takes. colours: of the picture; untagged where the file cannot say (players assume BT.601 then). deep: codec and the
    pixel formats of it for HDR and wide gamut, the first one for any other; None: it cannot hold them.
    """

    muxer: str
    codec: str
    pixels: str
    audio_codec: str | None
    alpha: tuple[str, str] | None = None
    ticks: int = 0
    constant: bool = False
    audio_rates: tuple[int, ...] = ()
    muxer_options: dict[str, str] = field(default_factory=dict)
    colours: Colours = BT709
    deep: tuple[str, tuple[str, ...]] | None = None

    def native(self, native: Native) -> tuple[str, str] | None:
        """(codec, pixel format) that holds pictures of wide colours as their source does, or nearly; None: none."""
        if self.deep is None:
            return None
        codec, known = self.deep
        return codec, native.pixels if native.pixels in known else known[0]

    def time_base(self, fps: Fraction) -> Fraction:
        """Seconds a tick: frame times at the rate `fps` are whole ticks wherever the container allows it."""
        if self.constant:
            return 1 / fps
        if self.ticks:
            return Fraction(1, self.ticks)
        ticks = lcm(_FINE, fps.numerator)
        return Fraction(1, ticks if ticks < 2**24 else _FINE)


_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_EXACT = {
    "movie_timescale": "144000"
}  # edit lists in steps of 7 microseconds; the default of 1 ms shifts ends of sound
_VP9_ALPHA = ("libvpx-vp9", "yuva420p")
_HEVC = "libx265", (*DEEP_PIXELS, "yuv420p")
_AV1 = "libsvtav1", (DEEP_PIXELS[0], "yuv420p")
_MP4 = Format(
    "mp4",
    "libx264",
    "yuv420p",
    "aac",
    audio_rates=_AAC_RATES,
    muxer_options=_EXACT | {"movflags": "faststart"},
    deep=_HEVC,
)
FORMATS = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": Format(
        "mov", "libx264", "yuv420p", "aac", ("prores_ks", "yuva444p10le"), 0, False, _AAC_RATES, _EXACT, deep=_HEVC
    ),
    ".mkv": Format("matroska", "libx264", "yuv420p", "aac", _VP9_ALPHA, 1000, audio_rates=_AAC_RATES, deep=_HEVC),
    ".webm": Format("webm", "libvpx-vp9", "yuv420p", "libopus", _VP9_ALPHA, 1000, audio_rates=_OPUS_RATES, deep=_AV1),
    # AVI has no times: players count chunks, show H.264 a frame late and cannot drop priming. MPEG-4 and PCM are exact.
    ".avi": Format("avi", "mpeg4", "yuv420p", "pcm_s16le", constant=True, colours=UNTAGGED),
    ".gif": Format("gif", "gif", "pal8", None, ("gif", "pal8"), ticks=100),
}


PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
"""Of H.264, from quick to small."""


def format_of(path: Path) -> Format:
    """The format for an output path. InputError: an ending that is not known."""
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        known = ", ".join(sorted(FORMATS))
        raise InputError(f"unknown output ending '{path.suffix}'", path, f"use one of {known}")
    return found


def codec_options(codec: str, crf: int, gop: int | None, preset: str) -> dict[str, str]:
    """Encoder options for a constant quality `crf` (x264's scale) and at most `gop` frames between key frames."""
    options: dict[str, str] = {}
    if codec == "libx264":
        # x264's macroblock tree gives results that vary from run to run (24 frames encoded eight times gave seven
        # files); without it the same frames are the same bytes.
        options = {"crf": str(crf), "preset": preset, "x264-params": "mbtree=0"}
    elif codec == "libx265":
        options = {"crf": str(crf), "preset": preset, "x265-params": "log-level=error"}
    elif codec == "libsvtav1":  # its scale reaches to 63
        options = {"crf": str(min(63, crf + 12)), "preset": "10"}
    elif codec == "libvpx-vp9":  # VP9's scale reaches to 63; the same number + 12 looks alike
        options = {
            "crf": str(min(63, crf + 12)),
            "b:v": "0",
            "deadline": "realtime",
            "cpu-used": "6",
            "auto-alt-ref": "0",
        }
    elif codec == "mpeg4":  # its scale is 1 (best) to 31
        options = {"qmin": "1", "qmax": str(max(2, crf // 4)), "mbd": "rd"}
    elif codec == "prores_ks":
        options = {"profile": "4444"}
    if gop is not None:
        options["g"] = str(gop)
    return options
