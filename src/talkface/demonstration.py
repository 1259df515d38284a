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
OUT = Path("demo-output")  # below ROOT, as all paths here
WEIGHTS = Path("weights") / "wav2lip_generator_animation.safetensors"
FPS = Fraction(25)
CHARACTERS = 10  # of the training that follows
SENTENCES = ("english", "german", "spanish", "english_high")
LOGGED = 3  # values of a noisy loss that are averaged
HEAD = 300  # pixels: the part of the photograph that holds the head
STRIP_ROWS, STRIP_COLUMNS, STRIP_HEIGHT = 2, 4, 200


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


def write_drawn(path: Path, character: int, sentence: str, *, size: int) -> Path:
    """A drawn character says a sentence of the shipped speech; nothing is done when the file is there."""
    from talkface.drawn import drawn_clip, phonemes, speech
    from talkface.media import Audio, VideoWriter

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        said, rate = speech(sentence)
        with VideoWriter(path, width=size, height=size, fps=FPS, audio=Audio(said, rate, Fraction(0))) as video:
            for image, _ in drawn_clip(character, said, FPS, size, phonemes=phonemes(sentence)):
                video.write(image)
    return path


def write_inputs(folder: Path) -> dict[str, Path]:
    """A drawn character that says one thing, a photograph, and another sentence for both of them."""
    from PIL import Image
    from skimage import data

    from talkface.drawn import speech
    from talkface.media import atomic_path, write_wav

    drawn = write_drawn(folder / "drawn.mp4", 2, "english", size=256)
    sound, photograph = folder / "speech.wav", folder / "astronaut.png"
    write_wav(sound, *speech("spanish"))
    with atomic_path(photograph) as temporary:
        Image.fromarray(data.astronaut()[:HEAD, 60 : 60 + HEAD]).save(temporary, format="png")
    return {"drawn": drawn, "photograph": photograph, "speech": sound}


def make_strip(video: Path, picture: Path) -> Path:
    """Evenly spaced frames of a video in reading order, as one PNG. Memory does not grow with length."""
    import numpy as np
    from PIL import Image

    from talkface.media import atomic_path, decode_video

    count = sum(1 for _ in decode_video(video))
    chosen = set(np.linspace(0, count - 1, STRIP_ROWS * STRIP_COLUMNS).round().astype(int).tolist())
    frames = [Image.fromarray(frame.image) for frame in decode_video(video) if frame.index in chosen]
    width = frames[0].width * STRIP_HEIGHT // frames[0].height
    sheet = Image.new("RGB", (min(STRIP_COLUMNS, len(frames)) * width, -(-len(frames) // STRIP_COLUMNS) * STRIP_HEIGHT))
    for number, frame in enumerate(frames):
        row, column = divmod(number, STRIP_COLUMNS)
        sheet.paste(frame.resize((width, STRIP_HEIGHT)), (column * width, row * STRIP_HEIGHT))
    with atomic_path(picture) as temporary:
        sheet.save(temporary, format="png")
    return picture


def speak(diary: Diary, name: str, face: Path, sound: Path, *more: str) -> Path:
    """Lip-sync one face, with a comparison video and a strip beside it. Returns the video."""
    result = OUT / "results" / f"{name}.mp4"
    with diary.part(f"Make {face.name} say {sound.name}"):
        call("infer.py", f"face={face}", f"audio={sound}", f"output={result}", "compare=true", "force=true", *more)
        diary.keep("the face with the new mouth, with sound", result)
        both = diary.keep("input and result side by side, with sound", result.with_suffix(".compare.mp4"))
        diary.keep("frames of both at a glance", make_strip(both, result.with_suffix(".png")))
    return result


def make_corpus(folder: Path) -> Path:
    """Prepares a few drawn clips by preprocess.py: the corpus of the training that follows."""
    for character in range(CHARACTERS):
        sentence = SENTENCES[character % len(SENTENCES)]
        write_drawn(folder / "clips" / f"character{character:02d}" / f"{sentence}.mp4", character, sentence, size=160)
    shares = ["data.split.val=0.2", "data.split.test=0.2"]
    call("preprocess.py", "data=folder", f"source={folder / 'clips'}", f"out={folder / 'corpus'}", "workers=2", *shares)
    return folder / "corpus"


def train(corpus: Path, run: Path) -> tuple[float, float]:
    """The quickstart training, anew each time. Returns the mean of its first and of its last logged losses."""
    shutil.rmtree(run, ignore_errors=True)
    call("train.py", "experiment=quickstart", f"data.corpus={corpus}", f"run={run}", "resume=never")
    rows = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    losses = [row["train/contrastive"] for row in rows if "train/contrastive" in row]
    count = min(LOGGED, len(losses))
    return sum(losses[:count]) / count, sum(losses[-count:]) / count


def run(diary: Diary, given: Sequence[Path]) -> None:
    """All parts in order. given: nothing, or the user's face and sound."""
    diary.parts.append(("Set-up", float(os.environ.get("TALKFACE_SETUP_SECONDS", "0"))))
    with diary.part("Make inputs: a drawn character that talks, a photograph, another sentence"):
        inputs = write_inputs(OUT / "inputs")
    speak(diary, "drawn", inputs["drawn"], inputs["speech"], "domain=animation")
    speak(diary, "photograph", inputs["photograph"], inputs["speech"])
    if given:
        face, sound = given
        speak(diary, "yours", face, sound)
    with diary.part("Prepare a small corpus of drawn clips"):
        corpus = make_corpus(OUT / "training")
    with diary.part("Measure the shipped weights on its test split"):
        call("evaluate.py", f"checkpoint={WEIGHTS}", f"data.corpus={corpus}", "split=test", f"out={OUT / 'report'}")
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
