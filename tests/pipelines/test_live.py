"""Live: fed in any pieces, the pictures are those of the batch run; errors and leaving early."""

import threading
from fractions import Fraction

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.face.detection import Detection
from talkface.media import decode_audio, decode_video
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.live import LIVE, LiveLipSync
from talkface.pipelines.options import LipSyncOptions


class Swaying:
    """One face whose place depends on the picture only."""

    def detect(self, images):
        left = [40 + float(image.mean()) / 40 for image in images]
        return [[Detection(np.array([x, 35, x + 75, 125], np.float32), 0.99)] for x in left]


def alive():
    return [thread for thread in threading.enumerate() if thread.name.startswith("talkface-")]


def fed(generator, clip, samples, *, piece, options=LIVE, late=0):
    """Results of a live run; the sound comes in pieces of so many samples, `late` pictures behind the picture."""
    made, place = [], 0
    with LiveLipSync(generator, Swaying(), options=options) as live:
        for number, frame in enumerate(decode_video(clip)):
            live.feed_picture(frame.image)
            while place < min(len(samples), (number + 1 - late) * 640):
                live.feed_sound(samples[place : place + piece])
                place += piece
            made += live.ready()
        while place < len(samples):
            live.feed_sound(samples[place : place + piece])
            place += piece
        made += live.rest()
    return made


@pytest.mark.parametrize(("piece", "late", "options"), [
    (160, 0, LIVE),
    (5000, 7, LIVE),
    (640, -3, LipSyncOptions(silence="keep", detect_every=5, batch_size=4, listen_ahead=Fraction(1, 2))),
])  # fmt: skip
def test_live_equals_the_batch_result(generator, make_clip, make_sound, piece, late, options):
    clip, sound = make_clip("a.mp4", 30), make_sound("a.wav", 1.2)
    whole = list(lip_sync(clip, sound, generator=generator, detector=Swaying(), options=options).frames)
    made = fed(generator, clip, decode_audio(sound).samples, piece=piece, options=options, late=late)
    assert [frame.time for frame in made] == [frame.time for frame in whole] and len(made) == 30
    for one, other in zip(made, whole, strict=True):
        np.testing.assert_array_equal(one.source, other.source)
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-3)
        assert np.abs(one.image.astype(int) - other.image).max() <= 1  # mel blocks of another size round differently
    assert any(not np.array_equal(frame.image, frame.source) for frame in made) and not alive()


def test_pictures_come_out_before_the_end(generator, make_clip, make_sound):
    samples = decode_audio(make_sound("a.wav", 2.0)).samples
    with LiveLipSync(generator, Swaying()) as live:
        live.feed_sound(samples)
        for frame in decode_video(make_clip("a.mp4", 12)):
            live.feed_picture(frame.image)
        first = []
        for _ in range(600):
            first += live.ready()
            if len(first) >= 5:
                break
            threading.Event().wait(0.1)
        assert [frame.index for frame in first[:5]] == [0, 1, 2, 3, 4]
    assert not alive()


def test_the_first_picture_comes_once_its_look_ahead_is_known(generator, make_clip, make_sound):
    pictures = [frame.image for frame in decode_video(make_clip("a.mp4", LIVE.look_ahead + 1))]
    with LiveLipSync(generator, Swaying()) as live:
        live.feed_sound(decode_audio(make_sound("a.wav", 2.0)).samples)
        for picture in pictures:
            live.feed_picture(picture)
        first = []
        for _ in range(600):
            first += live.ready()
            if first:
                break
            threading.Event().wait(0.1)
        assert [frame.index for frame in first] == [0]  # and no more: the second picture hangs on another look
    assert not alive()


def test_it_ends_with_the_sound_and_other_rates_are_resampled(generator, make_clip):
    time = np.arange(24000) / 48000
    with LiveLipSync(generator, Swaying()) as live:
        live.feed_sound((0.2 * np.sin(900 * time)).astype(np.float32), 48000)
        for frame in decode_video(make_clip("a.mp4", 30)):
            live.feed_picture(frame.image)
        assert len(list(live.rest())) == 12  # 0.5 s: half of the thirteenth picture or more would lie beyond


def test_errors_arrive_where_pictures_are_taken(generator, make_clip):
    class Broken:
        def detect(self, images):
            raise ZeroDivisionError("there")

    with LiveLipSync(generator, Broken()) as live:
        live.feed_sound(np.zeros(16000, np.float32))
        for frame in decode_video(make_clip("a.mp4", 8)):
            live.feed_picture(frame.image)
        with pytest.raises(ZeroDivisionError, match="there"):
            list(live.rest())
    assert not alive()


def test_bad_input(generator):
    with pytest.raises(InputError, match="neither a detector nor a box"):
        LiveLipSync(generator)
    with pytest.raises(InputError, match="whole clip"):
        LiveLipSync(generator, Swaying(), options=LipSyncOptions(convention="wav2lip"))
    with LiveLipSync(generator, Swaying()) as live:
        live.feed_sound(np.zeros(10, np.float32), 16000)
        with pytest.raises(InputError, match="sample rate changes"):
            live.feed_sound(np.zeros(10, np.float32), 8000)
        with pytest.raises(InputError, match="no numbers"):
            live.feed_sound(np.full(10, np.nan, np.float32), 16000)
    assert not alive() and list(live.rest()) == []
