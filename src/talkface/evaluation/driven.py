"""`protocol=cross_driving`: each face with another speaker's sound and with silence, served as infer.py does, measured.

What is measured are the written files, so it holds for every generator that infer.py serves.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from talkface.errors import InputError
from talkface.evaluation.aims import aims_reached
from talkface.evaluation.clip_lists import REMEDY, MediaClip, cross_pairs, read_clip_list

if TYPE_CHECKING:
    from talkface.evaluation.mouth_reading import MouthReader, MouthVideo
    from talkface.evaluation.records import ClipRecord

log = logging.getLogger(__name__)
Settings = Mapping[str, Any]
DrivenPair = tuple[MediaClip, MediaClip]
SERVED, ROW = "served", "cross_driving"
RESULTS_FOLDER, MOST_SECONDS, SAMPLE_RATE = "results", 10, 16000
GENERATION = (
    "each result is written by the project's own serving with its defaults, and those of serving={...}: the face at "
    "its own size, the whole sound; silence is digital silence as long as the face's clip, ten seconds at most"
)


@dataclass(frozen=True)
class DrivenJob:
    """Pairs (face, sound) of media files. results: folder that the served files are written to."""

    settings: Settings
    pairs: Sequence[DrivenPair]
    results: Path

    @cached_property
    def keys(self) -> list[str]:
        """As `runner.Job`."""
        return [f"{face.key} + {sound.key}" for face, sound in self.pairs]

    def content(self, index: int) -> list[str]:
        """As `runner.Job`."""
        from talkface.evaluation.files import file_digest

        return [file_digest(clip.path) for clip in self.pairs[index]]

    def open(self) -> "Callable[[int], ClipRecord]":
        """As `runner.Job`."""
        from talkface.evaluation.mouth_reading import mouth_reader
        from talkface.evaluation.networks import make_cache

        points, detector = points_of(self.settings), self.settings["detector"]
        reader = mouth_reader(points, detector, self.settings["device"], make_cache(self.settings))
        silenced: set[str] = set()

        def measure(index: int) -> "ClipRecord":
            face, sound = self.pairs[index]
            source = reader.read(face.path)
            made = self._result(f"{face.key}+{sound.key}")
            serve(face.path, sound.path, made, self.settings)
            silent = self._result(f"{face.key}+silence")
            if face.key not in silenced:
                serve_silence(face.path, len(source.seen), silent, self.settings)
                silenced.add(face.key)
            record = measure_pair(self.pairs[index], (made, silent), source, reader)
            rows = {name: row for name, row in record.systems.items() if name in self.settings["rows"]}
            return replace(record, systems=rows)

        return measure

    def _result(self, name: str) -> Path:
        return self.results / f"{name.replace('/', '_')}.mp4"


def measure_pair(
    pair: DrivenPair, files: tuple[Path, Path], source: "MouthVideo", reader: "MouthReader"
) -> "ClipRecord":
    """The rows of one pair. files: the result, and the face with silence. source: the face's clip.

    InputError: a file in which no mouth is seen, but for the one with silence, whose columns are absent then.
    """
    from talkface.evaluation.mouth_columns import Drive, driver_values, mouth_values
    from talkface.evaluation.records import ClipRecord, SystemRecord
    from talkface.evaluation.strip import draw_strip
    from talkface.evaluation.systems import with_found

    face, sound = pair
    made, driver = reader.read(files[0], source), reader.read(sound.path)
    silent: MouthVideo | str
    try:
        silent = reader.read(files[1], source)
    except InputError as error:
        silent = error.what
    drive = Drive(source, driver, silent, sound.group)
    rows = {
        ROW: mouth_values(made, drive),
        "unsynced": mouth_values(source, drive._replace(silent=source)),
        "driver": driver_values(drive),
    }
    systems = {name: with_found(SystemRecord(), found) for name, found in rows.items()}
    frames = min(len(each.crops) for each in (source, made, driver))
    strip = draw_strip([each.crops[:frames] for each in (source, made, driver)])
    return ClipRecord(f"{face.key} + {sound.key}", face.group, face.speaker, frames, sound.key, systems, strip)


def serve(face: Path, audio: Path, output: Path, settings: Settings) -> None:
    """One result, as `infer.py face= audio= output= checkpoint= device= force=true` and `serving=` make it."""
    from talkface.pipelines.serve import run

    given = {key: settings[key] for key in ("checkpoint", "device") if settings[key] is not None}
    files = {"face": str(face), "audio": str(audio), "output": str(output)}
    output.parent.mkdir(parents=True, exist_ok=True)
    run({**(settings["serving"] or {}), **given, **files, "force": True, "progress": False})


def serve_silence(face: Path, frames: int, output: Path, settings: Settings) -> None:
    """The face with as much digital silence as `frames` frames last."""
    import numpy as np

    from talkface.media import write_wav
    from talkface.timeline import TRAINING_FPS

    samples = min(round(frames / TRAINING_FPS * SAMPLE_RATE), MOST_SECONDS * SAMPLE_RATE)
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "silence.wav"
        write_wav(sound, np.zeros(samples, np.float32), SAMPLE_RATE)
        serve(face, sound, output, settings)


def run_driven(settings: Settings, overrides: Sequence[str]) -> Path:
    """`protocol=cross_driving clips= checkpoint= limit= seed= out=`: results in `out/results`, one report.

    `checkpoint={name: FILE, …}`: one report for each, in `out/name`, and their comparison in `out`.
    """
    from talkface.evaluation.command import measure, run_each
    from talkface.evaluation.measures import FAMILIES
    from talkface.evaluation.report import read_report

    if isinstance(settings["checkpoint"], Mapping):
        return run_each(settings, "checkpoint", partial(run_driven, overrides=overrides))
    pairs, described = plan_driven(settings)
    missing = {family: "not computed by this protocol" for family in FAMILIES if family != "mouth"}
    about = {
        "checkpoint": describe_served(settings),
        "metrics": {"families": ["mouth"], "missing": missing},
        "mouths": points_of(settings),
        "split": "files",
        "protocol": f"{settings['protocol']['name']}: {settings['protocol']['note']}",
        "source": settings["protocol"]["source"],
        "generation": GENERATION,
        "pairs": described,
    }
    job = DrivenJob(settings, pairs, Path(settings["out"]) / RESULTS_FOLDER)
    folder = measure(settings, job, about, [], overrides)
    log_aims(read_report(folder)[1])
    return folder


def points_of(settings: Settings) -> str:
    """Source of the 68 points: FaceMesh where its extra is installed, else our own, unless `mouths=` says which."""
    from talkface.evaluation.choice import has_mesh

    return str(settings["mouths"]) if settings["mouths"] != "auto" else "mesh" if has_mesh() else "small"


def plan_driven(settings: Settings) -> tuple[list[DrivenPair], dict[str, Any]]:
    """The pairs of the list `clips`, the first `limit` of them, and what the report says. InputError: no list."""
    from talkface.evaluation.files import file_digest

    if not settings["clips"]:
        raise InputError("no clips to drive each other", "clips=", REMEDY)
    path = Path(settings["clips"])
    clips = read_clip_list(path)
    pairs = cross_pairs(clips, settings["seed"], settings["limit"])
    listed = {clip.key: file_digest(clip.path) for clip in clips}
    return pairs, {"file": path.name, "seed": settings["seed"], "pairs": len(pairs), "clips": listed}


def describe_served(settings: Settings) -> dict[str, Any]:
    """What is served: {file, sha256} of the checkpoint, or of all weights that ship. InputError: not readable."""
    from talkface.evaluation.cache import digest_of_files
    from talkface.models.load import WEIGHTS_FOLDER

    checkpoint = settings["checkpoint"]
    if checkpoint in (None, "default"):
        files = sorted(WEIGHTS_FOLDER.glob("*.safetensors"))
        return {"file": "shipped", "sha256": digest_of_files(files), "serving": settings["serving"] or {}}
    file = Path(checkpoint)
    return {"file": file.name, "sha256": digest_of_files([file]), "serving": settings["serving"] or {}}


def log_aims(records: Sequence["ClipRecord"]) -> None:
    """A line a column: its median, its aim, and whether it is reached."""
    for column, found in aims_reached(records, ROW).items():
        verdict = "reached" if found["reached"] else "MISSED"
        log.info("%-24s %6.2f  aim %-12s %s", column, found["median"], found["aim"], verdict)
