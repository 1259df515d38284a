"""Lip-sync while pictures and sound are still coming: feed both, take finished pictures."""

import queue
import threading
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np
import soxr
from torch import nn

from talkface.audio.mel import FloatArray
from talkface.errors import InputError
from talkface.face import FaceDetector
from talkface.media import Audio, Frame
from talkface.pipelines.hold import Hold
from talkface.pipelines.lip_sync import Tracked, ask, build_stage, finished, with_faces
from talkface.pipelines.mouth.networks import MouthNetworks
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.ready import ReadyGenerator
from talkface.pipelines.sound import MelStream
from talkface.pipelines.speaking import Image, SyncedFrame, Wanted
from talkface.pipelines.voices import Voices

LIVE = LipSyncOptions(detect_every=2, look_ahead=4, detector_batch_size=1, batch_size=1, listen_ahead=Fraction(0))
"""Little delay: a picture comes out once four later ones and 0.2 s of sound after it are known (smoothing and the mel
window need them); with `nosmooth` and `look_ahead=2` after two."""
_RATE = 16000
_AHEAD = 1  # frames that the mouth model waits for: landmarks are smoothed over the next one


class LiveLipSync:
    """One run. Picture 0 meets sample 0. A context: leaving it early ends the threads.

        with LiveLipSync(generator, detector, fps=Fraction(25)) as live:
            for image, samples in camera:
                live.feed_sound(samples, 48000)
                live.feed_picture(image)
                show(live.ready())
            show(live.rest())

    What is fed waits inside until it is taken: take as you feed. Works as `lip_sync` does (the same stages), except
    that nothing follows the last picture.
    """

    def __init__(
        self,
        generator: nn.Module | ReadyGenerator | MouthNetworks,
        detector: FaceDetector | None = None,
        *,
        fps: Fraction = Fraction(25),
        options: LipSyncOptions = LIVE,
    ) -> None:
        """generator, detector: as for `lip_sync`; one that need not look for small faces (`MtcnnDetector(min_face=…)`)
        halves the delay of the first picture. fps: of pictures fed without a time. InputError: neither detector nor
        box; convention wav2lip, which needs the whole clip.
        """
        if detector is None and not options.by_hand:
            raise InputError("neither a detector nor a box", "detector", "give box=[left,top,right,bottom]")
        if options.convention != "exact":
            raise InputError("the original's convention needs the whole clip", "live", "use convention=exact")
        self._stage = build_stage(generator, options, ahead=_AHEAD)
        self._detector, self._options = detector, options
        self._fps, self._fed = Fraction(fps), 0
        self._pictures: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._sound: queue.SimpleQueue[Audio | None] = queue.SimpleQueue()
        self._resampler: soxr.ResampleStream | None = None
        self._rate: int | None = None
        self._samples = 0
        self._left, self._ended = False, False
        self._thread: threading.Thread | None = None
        self._done: queue.SimpleQueue[SyncedFrame | BaseException | None] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = True
        self.end()
        if self._thread is not None:
            self._thread.join()

    def feed_picture(self, image: Image, timestamp: Fraction | None = None) -> None:
        """(H, W, 3) uint8 RGB, all of one size. timestamp: seconds since sample 0, growing; None: one step later."""
        time = Fraction(self._fed) / self._fps if timestamp is None else Fraction(timestamp)
        self._pictures.put(Frame(self._fed, time, np.ascontiguousarray(image), 1 / self._fps))
        self._fed += 1
        if self._thread is None:
            size = (image.shape[1], image.shape[0])
            self._thread = threading.Thread(target=self._run, args=(size,), name="talkface-live", daemon=True)
            self._thread.start()

    def feed_sound(self, samples: FloatArray, sample_rate: int = _RATE) -> None:
        """(N,) float32 mono in [-1, 1], the next samples. InputError: not finite, or another rate than before."""
        if not np.isfinite(samples).all():
            raise InputError("the sound holds values that are no numbers", "feed_sound", "feed finite samples")
        if self._rate not in (None, sample_rate):
            raise InputError(f"the sample rate changes from {self._rate}", sample_rate, "feed one rate")
        if self._rate is None and sample_rate != _RATE:
            self._resampler = soxr.ResampleStream(sample_rate, _RATE, 1, dtype="float32")
        self._rate = sample_rate
        chunk = np.asarray(samples, np.float32)
        self._put(chunk if self._resampler is None else self._resampler.resample_chunk(chunk))

    def end(self) -> None:
        """Nothing more is fed. The sound's last pictures then come out too; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        if self._resampler is not None:
            self._put(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        self._sound.put(None)
        self._pictures.put(None)

    def ready(self) -> list[SyncedFrame]:
        """The pictures finished by now, without waiting. An error of the run is raised here or in `rest`."""
        found = []
        while not self._done.empty():
            item = self._taken(self._done.get())
            if item is not None:
                found.append(item)
        return found

    def rest(self) -> Iterator[SyncedFrame]:
        """Ends the feeding and gives all pictures that are left, waiting for them."""
        self.end()
        while self._thread is not None and (item := self._taken(self._done.get())) is not None:
            yield item

    def _put(self, samples: FloatArray) -> None:
        if len(samples):
            self._sound.put(Audio(np.clip(samples, -1, 1), _RATE, Fraction(self._samples, _RATE)))
            self._samples += len(samples)

    @staticmethod
    def _taken(item: SyncedFrame | BaseException | None) -> SyncedFrame | None:
        if isinstance(item, BaseException):
            raise item
        return item

    def _run(self, size: tuple[int, int]) -> None:
        try:
            for frame in finished(self._wanted(), self._stage, size):
                if self._left:
                    break
                self._done.put(frame)
            self._done.put(None)
        except BaseException as error:  # noqa: BLE001  # not swallowed: raised again where pictures are taken
            self._done.put(error)

    def _wanted(self) -> Iterator[Wanted]:
        voices = Voices([MelStream(self._heard(), block=1, hearing=self._stage.hearing)], self._options)
        hold = Hold(self._options.hold, 1 / self._fps)
        tracked: Iterator[Tracked] = with_faces(
            self._seen(), self._detector, self._options, batch=self._options.detector_batch_size
        )
        for frame, faces in tracked:
            if self._left or (frame.index and not voices.last(frame.timestamp, 1 / self._fps)):
                return
            yield ask(frame, faces, frame.timestamp, voices=voices, hold=hold, options=self._options)

    def _seen(self) -> Iterator[Frame]:
        while not self._left and (frame := self._pictures.get()) is not None:
            yield frame

    def _heard(self) -> Iterator[Audio]:
        while (chunk := self._sound.get()) is not None:
            yield chunk
