"""What a served file holds: outside of the face, the samples of the source."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from talkface.media import VideoWriter, decode_video
from talkface.pipelines.request import read_request
from talkface.pipelines.serve import serve

BOX = [60, 40, 160, 150]
FRAMES = 6


def test_no_sample_outside_the_box_changes(portrait, make_sound, checkpoint, tmp_path: Path) -> None:
    height, width = (side // 2 * 2 for side in portrait.shape[:2])
    source = tmp_path / "source.mp4"
    with VideoWriter(source, width=width, height=height, fps=Fraction(25), crf=0) as writer:
        for number in range(FRAMES):
            writer.write(np.ascontiguousarray(np.roll(portrait[:height, :width], number, axis=1)))
    sound = make_sound("sound.wav", FRAMES / 25)
    config = {"face": str(source), "audio": str(sound), "output": str(tmp_path / "out.mp4"), "box": BOX, "crf": 0}
    output = serve(read_request({**config, "checkpoint": str(checkpoint), "progress": False}))
    left, top, right, bottom = BOX
    outside = np.ones((height, width), bool)
    outside[top - 4 : bottom + 4, left - 4 : right + 4] = False
    compared = list(zip(decode_video(source), decode_video(output), strict=True))
    for before, after in compared:
        luma, now = (frame.stored.to_ndarray()[:height] for frame in (before, after))
        np.testing.assert_array_equal(luma[outside], now[outside])
        assert not np.array_equal(luma, now), "nothing was made to speak"
    assert len(compared) == FRAMES
