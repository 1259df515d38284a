"""The result folder of one PC-AVS run as the original leaves it: pictures by source, a video of each, all side by side.

Source: inference.py of PC-AVS. Its folder of the result is `G_Pose_Driven_`, or `G_Fix_Pose_` where the head keeps the
identity's pose.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from talkface.errors import InputError
from talkface.face import ALIGNED_SIDE
from talkface.media import VideoWriter
from talkface.paths import fitted, real_target
from talkface.pipelines.pose_controlled.options import PoseRequest
from talkface.pipelines.pose_controlled.outputs import Stream
from talkface.pipelines.pose_controlled.stream import MadePicture
from talkface.timeline import TRAINING_FPS

INPUT, DRIVEN, FIXED, POSE, MOUTH = "Input_", "G_Pose_Driven_", "G_Fix_Pose_", "Pose_Source_", "Mouth_Source_"
REFERENCE, JOINED, JOINED_WITH_SOUND = "ref_id_0.jpg", "concat.mp4", "avconcat.mp4"
_FOLDERS = {"identity": INPUT, "pose source": POSE, "mouth source": MOUTH}  # by the label of a stream
_ORDER = (INPUT, FIXED, DRIVEN, POSE, MOUTH)
_QUALITY = 75  # of the original's JPEG


class OriginalOutputs:
    """Context manager like `Outputs`. The folder appears complete or not at all; one that is there is replaced."""

    def __init__(self, request: PoseRequest, beside: list[Stream]) -> None:
        """beside: the sources' pictures. InputError: a folder that is there holds other things than such a result."""
        self._request, self._result = request, DRIVEN if request.pose is not None else FIXED
        self._target = real_target(request.output)
        self._growing = self._target.with_name(fitted(f".partial-{self._target.name}", ""))
        self._images: dict[str, Iterator[np.ndarray[Any, np.dtype[np.uint8]]]] = {
            _FOLDERS[stream.label]: stream.images for stream in beside if stream.label != "pose source" or self._driven
        }
        names = {*self._images, self._result}
        self._order = [name for name in _ORDER if name in names]
        self._check()
        self._stack = ExitStack()

    @property
    def _driven(self) -> bool:
        return self._result == DRIVEN

    def __enter__(self) -> "OriginalOutputs":
        shutil.rmtree(self._growing, ignore_errors=True)
        try:
            for name in self._order:
                (self._growing / name).mkdir(parents=True)
            with self._stack as stack:
                single, joined = (ALIGNED_SIDE, ALIGNED_SIDE), (ALIGNED_SIDE * len(self._order), ALIGNED_SIDE)
                self._videos = {
                    name: stack.enter_context(self._writer(f"{name}.mp4", single, None)) for name in self._order
                }
                self._joined = [
                    stack.enter_context(self._writer(JOINED, joined, None)),
                    stack.enter_context(self._writer(JOINED_WITH_SOUND, joined, self._request.audio)),
                ]
                self._stack = stack.pop_all()
        except BaseException as error:
            shutil.rmtree(self._growing, ignore_errors=True)
            if isinstance(error, OSError):
                raise self._unwritable(error) from error
            raise
        return self

    def write(self, made: MadePicture) -> None:
        """One picture into every folder and video."""
        images = {name: next(stream) for name, stream in self._images.items()} | {self._result: made.image}
        for name in self._order:
            image = np.ascontiguousarray(images[name])
            self._picture(self._growing / name / f"{name}{made.number}.jpg", image)
            self._videos[name].write(image, made.time)
        if made.number == 0:
            self._picture(self._growing / REFERENCE, images[INPUT])
        row = np.ascontiguousarray(np.concatenate([images[name] for name in self._order], axis=1))
        for video in self._joined:
            video.write(row, made.time)

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        try:
            self._stack.__exit__(kind, *error)
            if kind is None:
                self._finish()
        except OSError as problem:
            raise self._unwritable(problem) from problem
        finally:
            shutil.rmtree(self._growing, ignore_errors=True)

    def _finish(self) -> None:
        audio = self._request.audio
        if audio.is_file() and not (self._growing / audio.name).exists():
            shutil.copyfile(audio, self._growing / audio.name)
        shutil.rmtree(self._target, ignore_errors=True)
        self._growing.rename(self._target)

    def _check(self) -> None:
        """InputError: the target is no such result."""
        if not self._target.exists():
            return
        ours = {REFERENCE, JOINED, JOINED_WITH_SOUND, self._request.audio.name, *_ORDER}
        ours |= {f"{name}.mp4" for name in _ORDER}
        names = [path.name for path in self._target.iterdir()] if self._target.is_dir() else [self._target.name]
        foreign = next((name for name in names if name not in ours), None)
        if foreign is not None:
            raise InputError(f"the folder holds other files ({foreign})", self._target, "give another output=FOLDER")

    def _writer(self, name: str, size: tuple[int, int], audio: Path | None) -> VideoWriter:
        path = self._growing / name
        return VideoWriter(
            path, width=size[0], height=size[1], fps=TRAINING_FPS, audio_path=audio, crf=self._request.crf
        )

    def _picture(self, path: Path, image: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        done, content = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if not done:
            raise InputError("cannot encode a picture", path, "check the sources")
        try:
            path.write_bytes(content.tobytes())
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> InputError:
        reason = error.strerror or str(error)
        return InputError(f"cannot write here ({reason})", self._target, "check the disk's space and rights")
