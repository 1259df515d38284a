"""A port of the original's order of work in inference, the yardstick of `inference.py`. Written from its description.

All frames are read into memory; the detector looks at each of them at full size; then the network in batches of 128;
each box is pasted whole; an intermediate AVI is written, read again and encoded with the sound. One thing after the
other, in one process. The detector is the original's network (S3FD, as face-alignment builds it) with weights by
chance, because the trained ones are a download: it costs what it costs, and the boxes are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import process_time

import cv2
import numpy as np
import numpy.typing as npt
import torch
from original import STEPS, Generator, mel_of_file

from talkface.media import VideoWriter, decode_audio, decode_video, write_wav

Image = npt.NDArray[np.uint8]
BATCH = 128


@dataclass
class Original:
    """The whole job. boxes: (T, 4) whole pixels, the detector's answers. looked_at: frames the detector really sees.

    Detection costs the same for every frame: of a long job only some are looked at, and the rest is added by `seconds`.
    """

    generator: Generator
    boxes: Sequence[tuple[int, int, int, int]]
    looked_at: int
    detection: float = 0.0

    def __post_init__(self) -> None:
        from face_alignment.detection.sfd.net_s3fd import s3fd

        torch.manual_seed(0)
        self.detector = s3fd().eval()

    def __call__(self, clip: Path, output: Path) -> int:
        frames = [frame.image for frame in decode_video(clip)]
        started = process_time()
        for image in frames[: self.looked_at]:
            self._detect(image)
        self.detection = process_time() - started
        wav = output.with_suffix(".wav")
        write_wav(wav, decode_audio(clip).samples, 16000)
        mel = mel_of_file(wav).T
        starts = self._starts(mel.shape[1], len(frames))
        faces = [cv2.resize(frames[i][t:b, x:r], (96, 96)) for i, (x, t, r, b) in zip(starts, self.boxes, strict=False)]
        windows = [mel[:, start : start + STEPS] for start in starts.values()]
        made = np.concatenate(
            [self._make(faces[i : i + BATCH], windows[i : i + BATCH]) for i in range(0, len(faces), BATCH)]
        )
        self._write(frames, made, clip, output)
        return len(made)

    @torch.no_grad()
    def _detect(self, image: Image) -> None:
        picture = image[..., ::-1].astype(np.float32) - np.array([104, 117, 123], np.float32)
        self.detector(torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()))

    @staticmethod
    def _starts(columns: int, frames: int) -> dict[int, int]:
        """{frame: first mel step}, as long as the sound's windows last."""
        return {i: int(i * 80 / 25) for i in range(frames) if int(i * 80 / 25) + STEPS <= columns}

    @torch.no_grad()
    def _make(self, faces: Sequence[Image], windows: Sequence[npt.NDArray[np.float32]]) -> Image:
        picture = np.asarray(faces)
        masked = picture.copy()
        masked[:, 48:] = 0
        both = np.concatenate((masked, picture), axis=3) / 255.0
        x = torch.FloatTensor(both.transpose(0, 3, 1, 2))[:, :, None]
        result = self.generator(torch.FloatTensor(np.stack(windows))[:, None, None], x)[:, :, 0]
        return (result.numpy().transpose(0, 2, 3, 1) * 255).astype(np.uint8)

    def _write(self, frames: Sequence[Image], made: Image, clip: Path, output: Path) -> None:
        height, width = frames[0].shape[:2]
        between, fps = output.with_suffix(".avi"), Fraction(25)
        with VideoWriter(between, width=width, height=height, fps=fps) as video:
            for image, face, (left, top, right, bottom) in zip(frames, made, self.boxes, strict=False):
                pasted = image.copy()
                pasted[top:bottom, left:right] = cv2.resize(face, (right - left, bottom - top))
                video.write(pasted)
        with VideoWriter(output, width=width, height=height, fps=fps, audio_path=clip) as video:
            for frame in decode_video(between):
                video.write(frame.image)
