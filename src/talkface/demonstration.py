"""The body of ./demo: makes its inputs, calls the entry scripts as a user would, says how long each part took.

Only orchestration: everything it shows is done by the rooms and by the four commands.
"""

import json
import logging
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from time import perf_counter

from talkface.errors import InputError

log = logging.getLogger("demo")
ROOT = Path(__file__).resolve().parents[2]
OUT = Path("demo-output")  # below ROOT
STRIP_FRAMES = 8


@dataclass
class Diary:
    """What was done: seconds of each part, in order, and the files worth opening."""

    parts: list[tuple[str, float]] = field(default_factory=list)
    files: list[tuple[str, Path]] = field(default_factory=list)

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """Announces and times one part."""
        log.info("\n== %s", title)
        started = perf_counter()
        yield
        self.parts.append((title, perf_counter() - started))
        log.info("   %.1f s", self.parts[-1][1])

    def keep(self, what: str, path: Path) -> Path:
        """Notes a file for the closing list."""
        self.files.append((what, path))
        return path

    def close(self) -> None:
        """Prints all times and all files."""
        log.info("\n== Time")
        for title, seconds in [*self.parts, ("all", sum(seconds for _, seconds in self.parts))]:
            log.info("   %6.1f s  %s", seconds, title)
        log.info("\n== Look at")
        for what, path in self.files:
            log.info("   %-44s %s", path, what)


def call(script: str, *arguments: str) -> None:
    """Runs an entry script as a user would type it; its own line says what is wrong if it fails."""
    log.info("   $ python %s", shlex.join([script, *arguments]))
    subprocess.run([sys.executable, script, *arguments], check=True)


def write_inputs(folder: Path) -> dict[str, Path]:
    """A drawn character that says one thing, a photograph, and another sentence for both of them."""
    from PIL import Image
    from skimage import data

    from talkface.drawn import drawn_clip, speech
    from talkface.media import Audio, VideoWriter, atomic_path, write_wav

    folder.mkdir(parents=True, exist_ok=True)
    paths = {"drawn": folder / "drawn.mp4", "speech": folder / "speech.wav", "photograph": folder / "astronaut.png"}
    said, rate = speech("count")
    with VideoWriter(
        paths["drawn"], width=256, height=256, fps=Fraction(25), audio=Audio(said, rate, Fraction(0))
    ) as video:
        for image, _ in drawn_clip(1, said, Fraction(25), 256):
            video.write(image)
    write_wav(paths["speech"], *speech("greeting"))
    with atomic_path(paths["photograph"]) as temporary:
        Image.fromarray(data.astronaut()).save(temporary, format="png")
    return paths


def make_strip(videos: Sequence[Path], picture: Path) -> Path:
    """Evenly spaced frames of each video in a row of its own, as one PNG."""
    import numpy as np
    from PIL import Image

    from talkface.media import atomic_path, decode_video

    rows = []
    for video in videos:
        frames = [frame.image for frame in decode_video(video)]
        chosen = np.linspace(0, len(frames) - 1, STRIP_FRAMES).round().astype(int)
        rows.append(np.concatenate([np.asarray(Image.fromarray(frames[i]).resize((160, 160))) for i in chosen], axis=1))
    with atomic_path(picture) as temporary:
        Image.fromarray(np.concatenate(rows)).save(temporary, format="png")
    return picture


def speak(diary: Diary, name: str, face: Path, sound: Path) -> Path:
    """Lip-sync one face, with a comparison video and a strip beside it. Returns the video."""
    from talkface.pipelines.comparison import Panel, write_comparison

    result = OUT / "results" / f"{name}.mp4"
    with diary.part(f"Make {face.name} say {sound.name}"):
        call("infer.py", f"face={face}", f"audio={sound}", f"output={result}")
        diary.keep("the face with the new mouth", result)
        panels = [Panel("input", face), Panel("result", result)]
        both = write_comparison(panels, OUT / "results" / f"{name}_comparison.mp4", audio=sound)
        diary.keep("input and result side by side, with sound", both)
        strip = make_strip([both], OUT / "results" / f"{name}_strip.png")
        diary.keep("frames of both at a glance", strip)
    return result


def make_corpus(folder: Path) -> Path:
    """Prepares a few drawn clips by preprocess.py: the corpus of the training that follows."""
    from talkface.drawn import write_tree

    source = folder / "clips"
    write_tree(source)
    call("preprocess.py", "data=folder", f"source={source}", f"out={folder / 'corpus'}")
    return folder / "corpus"


def train(corpus: Path, run: Path) -> tuple[float, float]:
    """The quickstart training, anew each time. Returns its first and its last logged loss."""
    shutil.rmtree(run, ignore_errors=True)
    call("train.py", "experiment=quickstart", f"data.corpus={corpus}", f"run={run}", "resume=never")
    rows = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    losses = [row["train/contrastive"] for row in rows if "train/contrastive" in row]
    return losses[0], losses[-1]


def run(diary: Diary, given: Sequence[Path]) -> None:
    """All parts in order. given: nothing, or the user's face and sound."""
    diary.parts.append(("Set-up", float(os.environ.get("TALKFACE_SETUP_SECONDS", "0"))))
    with diary.part("Make inputs: a drawn character that talks, a photograph, another sentence"):
        inputs = write_inputs(OUT / "inputs")
    for name, face in (("drawn", inputs["drawn"]), ("photograph", inputs["photograph"])):
        speak(diary, name, face, inputs["speech"])
    if given:
        speak(diary, "yours", *given)
    with diary.part("Prepare a small corpus of drawn clips"):
        corpus = make_corpus(OUT / "training")
    with diary.part("Measure the shipped weights on its test split"):
        call("evaluate.py", "data=folder", f"data.corpus={corpus}", "split=test", f"out={OUT / 'report'}")
        diary.keep("evaluation page", OUT / "report" / "report.html")
    with diary.part("Train a small expert on it"):
        first, last = train(corpus, OUT / "training" / "run")
        log.info("   loss %.3f -> %.3f", first, last)
        diary.keep("learning curve", OUT / "training" / "run" / "learning_curve.png")


def user_files(arguments: Sequence[str]) -> list[Path]:
    """The two files of the command line, absolute. Raises InputError for another number or a file that is not there."""
    if len(arguments) not in (0, 2):
        raise InputError("two files are wanted", shlex.join(arguments), "use ./demo or ./demo FACE SPEECH")
    paths = [Path(argument).resolve() for argument in arguments]
    for path in paths:
        if not path.exists():
            raise InputError("no such file", path, "use ./demo or ./demo FACE SPEECH")
    return paths


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 done, 2 bad input, 130 interrupted, else that of the command that failed."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    log.setLevel(logging.INFO)
    diary = Diary()
    try:
        given = user_files(arguments)
        os.chdir(ROOT)  # the commands and all paths that are printed are relative to it
        run(diary, given)
    except InputError as error:
        log.error("%s", error)
        return 2
    except subprocess.CalledProcessError as error:
        log.error("demo: %s ended with exit code %d", error.cmd[1], error.returncode)
        return error.returncode
    except KeyboardInterrupt:
        log.error("interrupted")
        return 130
    diary.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
