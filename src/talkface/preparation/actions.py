"""What preprocess.py can do, from plain options (the composed configuration as a dictionary)."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from talkface.corpus import MANIFEST_FILE, Corpus
from talkface.device import resolve_device
from talkface.errors import InputError
from talkface.labelled import write_labelled
from talkface.preparation.drawing import DrawnSettings, list_drawn
from talkface.preparation.faces import draw_labelled, label_corpus, label_table
from talkface.preparation.launch import Launcher
from talkface.preparation.lists import Lists
from talkface.preparation.methods import Settings
from talkface.preparation.offsets import Measure, measure_offsets
from talkface.preparation.runner import Plan, prepare
from talkface.preparation.settings import PreparationSettings

logger = logging.getLogger(__name__)
Options = Mapping[str, Any]
PACKS = {"packed": "pack", "aligned": "pack_aligned"}
"""Folder of a training set in a corpus → the options it is made with."""
LABELLERS = ("draw_faces", "label_faces", "label_table")
"""Actions that make labelled pictures for face networks."""
BuildMeasure = Callable[[Path | None], tuple[Measure, str]]
"""From weights (None: the shipped expert) to a measure of offsets and the weights' SHA-256."""


def run_action(options: Options, build_measure: BuildMeasure) -> None:
    """Do `options["action"]`. InputError: no such action, and whatever the action finds wrong."""
    action = options["action"]
    if action == "prepare":
        prepare_corpus(options)
    elif action == "offsets":
        folder, expert = _path(options, "corpus"), options["expert"]
        measure, digest = build_measure(None if expert is None else Path(expert))
        measure_offsets(folder, measure, expert=digest)
        refresh_pack(folder)
    elif action == "pack":
        pack_corpus(_path(options, "corpus"), options)
    elif action == "pack_aligned":
        pack_corpus(_path(options, "corpus"), options, name="aligned")
    elif action in LABELLERS:
        label_faces(options)
    elif action == "label_mouths":
        label_mouth_clips(options)
    else:
        choices = f"prepare, offsets, pack, pack_aligned, {', '.join(LABELLERS)}, label_mouths"
        raise InputError("no such action", action, f"choose one of {choices}")


def label_faces(options: Options) -> None:
    """Labelled pictures for face networks, into `out`."""
    out, action, label = _path(options, "out"), options["action"], options["label"]
    about = {"made": {"action": action, **label}}
    if action == "draw_faces":
        pictures = draw_labelled(options["clips"], options["seed"])
        about["made"] = {"action": action, "clips": options["clips"], "seed": options["seed"]}
    elif action == "label_faces":
        pictures = label_corpus(Path(_path(options, "corpus")), frames=label["frames"], landmarks=label["landmarks"])
    else:
        table = options["manifest"]
        if table is None:
            raise InputError("manifest= is missing", "command line", "give manifest=TABLE with boxes")
        pictures = label_table(Path(table), _path(options, "source"), side=label["side"])
    logger.info("labelled pictures: %s", write_labelled(out, pictures, about))


def label_mouth_clips(options: Options) -> None:
    """Labelled mouth clips for the mouth model, from a source folder into `out`. InputError: drawn clips."""
    from talkface.preparation.mouths import label_folder

    out, label, settings = _path(options, "out"), options["label"], build_settings(options)
    if not isinstance(settings, PreparationSettings):
        raise InputError("drawn clips are not labelled", f"data={options['data']['name']}", "give data=folder source=")
    plan = build_plan(options, settings)
    folder = label_folder(plan, out, settings, landmarks=label["landmarks"], longest=label["longest"])
    logger.info("labelled mouth clips: %s", folder)


def prepare_corpus(options: Options) -> None:
    """Sources to clips, then training shards where they are wanted and not up to date."""
    out = _path(options, "out")
    settings = build_settings(options)
    prepare(build_plan(options, settings), out, settings=settings, launcher=build_launcher(options))
    for name, key in PACKS.items():
        if options[key]["enabled"] and not is_packed(out, name):
            pack_corpus(out, options, name=name)


def pack_corpus(folder: Path, options: Options, *, name: str = "packed") -> None:
    """Training shards of a corpus, made from nothing. name: of the pack, one of PACKS."""
    from talkface.preparation.pack import FOLDERS, PackForm, pack

    chosen = {key: value for key, value in options[PACKS[name]].items() if key != "enabled"}
    form = PackForm(**chosen, faces=next(faces for faces, folder_name in FOLDERS.items() if folder_name == name))
    _index(folder, name).unlink(missing_ok=True)  # while shards are rewritten there is no pack
    packed = pack(Corpus(folder).folder, form=form, workers=max(1, options["workers"]))
    logger.info("training shards: %s", packed)


def refresh_pack(folder: Path) -> None:
    """Bring new rows of the manifest into existing packs."""
    from talkface.preparation.pack import refresh

    for name in PACKS:
        if _index(folder, name).is_file():
            refresh(folder, folder / name)


def is_packed(folder: Path, name: str = "packed") -> bool:
    """Whether the corpus has shards that are newer than its manifest (which is rewritten only when it changes)."""
    index = _index(folder, name)
    return index.is_file() and index.stat().st_mtime_ns >= (folder / MANIFEST_FILE).stat().st_mtime_ns


def build_plan(options: Options, settings: Settings) -> Plan:
    """What to prepare, from the options."""
    data, manifest = options["data"], options["manifest"]
    drawn = isinstance(settings, DrawnSettings)
    return Plan(
        name=data["name"],
        layout=data["layout"],
        source=None if drawn else _path(options, "source"),
        split=data["split"],
        manifest=None if manifest is None else Path(manifest),
        manifest_kinds=tuple(data["manifest_kinds"]),
        lists=Lists(options.get("lists"), options.get("unlisted", "refuse")),
        clips=list_drawn(options["clips"], settings) if isinstance(settings, DrawnSettings) else (),
    )


def build_settings(options: Options) -> Settings:
    """How to prepare it, from the options: drawn data has settings of its own."""
    if options["data"]["layout"] == "drawn":
        return DrawnSettings(seed=options["seed"], **options["data"]["drawn"])
    settings = dict(options["settings"])
    chosen = settings.pop("detector_options")
    if "device" in chosen:
        chosen = {**chosen, "device": resolve_device(chosen["device"])}
    detector_options = tuple(sorted(chosen.items()))
    return PreparationSettings(**settings, detector_options=detector_options, faces=options["faces"])


def build_launcher(options: Options) -> Launcher:
    """Where to run, from the options."""
    launcher = dict(options["launcher"])
    return Launcher(**{**launcher, "logs": Path(launcher.get("logs", "slurm"))})


def _index(folder: Path, name: str) -> Path:
    return folder / name / "index.jsonl"


def _path(options: Options, key: str) -> Path:
    value = options[key]
    if value is None or value == "???":
        raise InputError(f"{key}= is missing", "command line", f"give {key}=FOLDER")
    return Path(str(value))
