"""The original's two preparations as commands: three raw sources to folders and a CSV, a folder to aligned crops.

Source: prepare_testing_files.py and align_68.py of PC-AVS. Other than the original: pictures at 25 a second, WAV data
under .wav, one channel.
"""

import logging
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from talkface.errors import InputError
from talkface.media import atomic_path, decode_audio, probe, resample_frames, write_wav
from talkface.media.container import PICTURE_SUFFIXES, folder_pictures
from talkface.media.decode import decode_video
from talkface.media.source import Image
from talkface.paths import check_name, fitted, is_folder, real_target
from talkface.pipelines.files import check_outputs, check_sound, probe_pictures
from talkface.pipelines.pose_controlled.jobs import write_row
from talkface.pipelines.pose_controlled.request import optional_path, read_options
from talkface.pipelines.values import path_of, switch_of
from talkface.timeline import TRAINING_FPS

logger = logging.getLogger(__name__)
_QUALITY = 95  # of JPEG; the original's ffmpeg -qscale 2 is about that
_NUMBERED = re.compile(r"\d{6}\.jpg")
_RATE = 16000


def prepare(config: Mapping[str, Any]) -> Path:
    """What configs/pipeline/pcavs_files.yaml describes. Returns the CSV's path. InputError: bad input."""
    folder, table = path_of(config, "folder"), path_of(config, "csv")
    sources = [path_of(config, key) for key in ("identity", "pose", "audio")]
    given_mouth = optional_path(config, "mouth")
    pictures = sources[:2] if given_mouth is None else [*sources[:2], given_mouth]
    check_outputs([table], [*pictures, sources[2]], force=switch_of(config, "force"))
    _check(sources[2], pictures)
    identity = _identity(sources[0], folder)
    pose = _frames(sources[1], folder / "Pose_Source")
    audio, mouth = _audio(sources[2], given_mouth, folder)
    mel = _spectrogram(audio) if switch_of(config, "spectrogram") else None
    fields = (identity, 1, pose, _count(pose), audio, mouth, 0 if mouth is None else _count(mouth), mel)
    write_row(table, fields)
    logger.info("wrote %s; next: python infer.py pipeline=pcavs csv=%s checkpoint=FOLDER compare=true", table, table)
    return table


def align(config: Mapping[str, Any]) -> Path:
    """What configs/pipeline/pcavs_align.yaml describes: NAME → NAME_cropped beside it, same file names."""
    from talkface.face import align_face
    from talkface.pipelines.pose_controlled.clip import AlignedClip, FaceFinder
    from talkface.pipelines.pose_controlled.steady import SteadySource

    folder = path_of(config, "folder")
    if not is_folder(folder):
        raise InputError("not a folder of pictures", folder, "give folder=FOLDER (videos: --src_pose_path first)")
    options = read_options({**config, "align": "true"}).placed()
    clip = AlignedClip(SteadySource(folder), FaceFinder(options.face), even=False)
    target = folder.resolve().with_name(f"{folder.resolve().name}_cropped")
    crops = (align_face(frame.image, clip.matrices[frame.index]) for frame in clip.source())
    names = [path.name for path in folder_pictures(folder)]
    _write_pictures(target, crops, names, ours=names.__contains__)
    logger.info("wrote %s (%d pictures)", target, len(clip))
    return target


def _check(audio: Path, pictures: Iterable[Path]) -> None:
    """InputError before anything is written: a source that is missing or lacks what it is given for."""
    for path in pictures:
        probe_pictures(path)
    check_sound(audio)


def _identity(source: Path, folder: Path) -> Path:
    """A folder in place; a video as its frames; a picture copied into a folder of its own."""
    if probe(source).kind == "image":
        target = folder / "Input" / _name(source)
        _copy(source, target / source.name)
        return target
    return _frames(source, folder / "Input")


def _frames(source: Path, parent: Path) -> Path:
    """A folder in place; else the pictures of a video, 25 a second, as parent/NAME/%06d.jpg."""
    if source.is_dir():
        return source
    frames = resample_frames(decode_video(source), TRAINING_FPS)
    target = parent / _name(source)
    names = (f"{number:06d}.jpg" for number in count())
    _write_pictures(target, (frame.image for frame in frames), names, ours=_NUMBERED.fullmatch)
    return target


def _audio(source: Path, mouth: Path | None, folder: Path) -> tuple[Path, Path | None]:
    """The sound's file and the mouth's folder: a sound is copied, a video is taken apart."""
    sounds, mouths = folder / "Audio_Source", folder / "Mouth_Source"
    if not probe(source).has_video:
        target = sounds / f"{_name(source)}{source.suffix}"
        _copy(source, target)
        return target, None if mouth is None else _frames(mouth, mouths)
    target = sounds / f"{_name(source)}.wav"
    write_wav(target, decode_audio(source, _RATE).samples, _RATE)
    return target, _frames(source if mouth is None else mouth, mouths)


def _spectrogram(audio: Path) -> Path:
    """The mel of a sound as the original stores it: (M, 80) float32 beside it."""
    from talkface.audio.pcavs_mel import pcavs_mel_spectrogram

    target = audio.with_suffix(".npy")
    mel = pcavs_mel_spectrogram(decode_audio(audio, _RATE).samples)
    with atomic_path(target) as temporary, temporary.open("wb") as file:
        np.save(file, mel.T)
    return target


def _name(source: Path) -> str:
    """The file's name before its first dot, as the original takes it."""
    return source.name.split(".")[0] or source.stem


def _count(folder: Path) -> int:
    return sum(path.suffix.lower() in PICTURE_SUFFIXES for path in folder.iterdir())


def _copy(source: Path, target: Path) -> None:
    if source.resolve() == target.resolve():
        return
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)


def _write_pictures(
    target: Path, images: Iterable[Image], names: Iterable[str], *, ours: Callable[[str], object]
) -> None:
    """A folder of pictures, complete or as it was. ours: whether a file of this name may be replaced.

    InputError: the folder holds other files.
    """
    check_name(target)
    target = real_target(target)
    foreign = [path.name for path in target.iterdir() if not ours(path.name)] if target.is_dir() else []
    if foreign:
        remedy = "move them, or give the source another name"
        raise InputError(f"the folder holds other files ({foreign[0]})", target, remedy)
    growing = target.with_name(fitted(f".partial-{target.name}", ""))
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True)
    try:
        for image, name in zip(images, names, strict=False):  # names may go on without end
            if not cv2.imwrite(str(growing / name), image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]):
                raise InputError("cannot write a picture", growing / name, "check the disk's space and rights")
        shutil.rmtree(target, ignore_errors=True)
        growing.rename(target)
    finally:
        shutil.rmtree(growing, ignore_errors=True)
