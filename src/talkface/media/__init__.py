"""Media: reading and writing pictures and sound as streams, on the exact clock of the source. PyAV and Pillow only."""

from talkface.media.atomic import atomic_path, atomic_write_bytes, atomic_write_text
from talkface.media.decode import decode_video, is_transparent
from talkface.media.layers import over, with_alpha
from talkface.media.mix import stream_mix
from talkface.media.probing import probe
from talkface.media.resample import resample_frames
from talkface.media.sound import align_audio, decode_audio, stream_audio
from talkface.media.source import Audio, Frame, SourceInfo
from talkface.media.wav import write_wav
from talkface.media.writer import VideoWriter

__all__ = [
    "Audio",
    "Frame",
    "SourceInfo",
    "VideoWriter",
    "align_audio",
    "atomic_path",
    "atomic_write_bytes",
    "atomic_write_text",
    "decode_audio",
    "decode_video",
    "is_transparent",
    "over",
    "probe",
    "resample_frames",
    "stream_audio",
    "stream_mix",
    "with_alpha",
    "write_wav",
]
