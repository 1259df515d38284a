"""Output is complete or absent, and what cannot be written says so in one line."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.media import Audio, VideoWriter, atomic_path, atomic_write_bytes, atomic_write_text, decode_video

IMAGE = np.zeros((32, 32, 3), np.uint8)


def writer(path, **options):
    return VideoWriter(path, width=32, height=32, fps=Fraction(25), preset="ultrafast", **options)


def test_text_and_bytes_appear_complete(tmp_path):
    atomic_write_text(tmp_path / "new folder" / "a.txt", "größe\n")
    assert (tmp_path / "new folder" / "a.txt").read_bytes() == "größe\n".encode()
    atomic_write_bytes(tmp_path / "b", b"\x00\x01")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["b", "new folder"]


def test_rights_are_those_of_an_ordinary_file(tmp_path):
    atomic_write_text(tmp_path / "ours", "")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "a.mp4"
    target.write_bytes(b"old")
    with pytest.raises(error), atomic_path(target) as temporary:
        assert temporary.suffix == ".mp4" and temporary.parent == tmp_path
        temporary.write_bytes(b"half")
        raise error
    assert [item.name for item in tmp_path.iterdir()] == ["a.mp4"]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_interrupted_video_leaves_nothing(tmp_path, error):
    with pytest.raises(error), writer(tmp_path / "a.mp4", audio=Audio(np.zeros(16000, np.float32), 16000)) as output:
        output.write(IMAGE)
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_video_replaces_its_own_source(tmp_path):
    path = tmp_path / "a.mp4"
    with writer(path) as output:
        for _ in range(5):
            output.write(IMAGE)
    with writer(path) as output:
        for frame in decode_video(path):
            output.write(frame.image, frame.timestamp)
    assert len(list(decode_video(path))) == 5


@pytest.mark.parametrize("name", ["语" * 83 + "y.mp4", "\udcff (1)=,.mp4", "new\nline.mp4"])
def test_a_video_of_any_name_through_a_link(tmp_path, name):
    (tmp_path / "store").mkdir()
    (tmp_path / name).symlink_to(tmp_path / "store" / name)
    with writer(tmp_path / name) as output:
        output.write(IMAGE)
    assert (tmp_path / name).is_symlink() and not (tmp_path / "store" / name).is_symlink()
    assert len(list(decode_video(tmp_path / name))) == 1
    assert [path.name for path in (tmp_path / "store").iterdir()] == [name]


def test_a_video_without_frames_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no frame was written"), writer(tmp_path / "a.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.wav"])
def test_unknown_endings_name_the_known_ones(tmp_path, name):
    with pytest.raises(InputError, match="unknown output ending") as caught:
        writer(tmp_path / name)
    assert ".mp4" in caught.value.remedy


def test_a_folder_in_the_way(tmp_path):
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(InputError, match="is a folder"), writer(tmp_path / "a.mp4"):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write here"), writer(tmp_path / "file" / "a.mp4"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot write here"), writer(tmp_path / "a.mp4"):
        pass


def test_a_sound_path_without_sound(tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    with (
        pytest.raises(InputError, match="not a media file"),
        writer(tmp_path / "a.mp4", audio_path=tmp_path / "text.wav"),
    ):
        pass
    assert [item.name for item in tmp_path.iterdir()] == ["text.wav"]


def test_a_full_disk_is_one_clear_line(tmp_path):
    """A limit on file size stands for the full disk: the write fails in the same place."""
    program = """
import resource, signal, sys
from fractions import Fraction
import numpy as np
from talkface.errors import InputError
from talkface.media import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
random = np.random.default_rng(0)
try:
    with VideoWriter(sys.argv[1], width=128, height=128, fps=Fraction(25), preset="ultrafast") as output:
        for _ in range(60):
            output.write(random.integers(0, 256, (128, 128, 3), dtype=np.uint8))
except InputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.mp4")], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("cannot write the output") and done.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("image", [IMAGE[:30], IMAGE.astype(np.float32), np.zeros((32, 32, 4), np.uint8)])
def test_wrong_images_are_our_defect(tmp_path, image):
    with pytest.raises(ValueError, match="expected"), writer(tmp_path / "a.mp4") as output:
        output.write(image)


def test_times_must_grow(tmp_path):
    with pytest.raises(ValueError, match="must grow"), writer(tmp_path / "a.mp4") as output:
        output.write(IMAGE, Fraction(1))
        output.write(IMAGE, Fraction(1))


def test_two_sounds_or_sound_that_is_no_number_are_our_defect(tmp_path):
    bad = Audio(np.full(10, np.nan, np.float32), 16000)
    with pytest.raises(ValueError, match="not both"):
        writer(tmp_path / "a.mp4", audio=bad, audio_path="b.wav")
    with pytest.raises(ValueError, match="finite"), writer(tmp_path / "a.mp4", audio=bad):
        pass
    assert list(tmp_path.iterdir()) == []
