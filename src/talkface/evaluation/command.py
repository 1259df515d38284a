"""What `evaluate.py` does, by its settings: measure a checkpoint on a split, or compare reports."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from talkface.errors import InputError
from talkface.evaluation.bootstrap import Bootstrap
from talkface.evaluation.provenance import describe_weights

log = logging.getLogger(__name__)

Settings = Mapping[str, Any]
SHOWN_SETTINGS = ("rows", "landmarks", "syncnet_view", "shifts", "limit", "groups", "device")
GENERATOR, EXPERT, PUBLISHED = "wav2lip_generator", "wav2lip_expert", "syncnet_v2"


OpenNetwork = Callable[[Path | None, str], Any]
"""(path or None for the shipped weights, kind) -> network in eval mode; InputError when the file is of another kind.

Given by the entry script: this room imports no network.
"""


class Opened(NamedTuple):
    """Networks in use, with what the report says of them."""

    expert: Any
    published: Any | None
    generator: Any | None
    described: dict[str, Any]


def run(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """Do what the settings ask for and return the folder of the report. overrides: as typed, for the provenance."""
    if settings["compare"]:
        return run_comparison(settings)
    if settings["videos"]:
        return run_files(settings, open_network, overrides)
    return run_split(settings, open_network, overrides)


def run_comparison(settings: Settings) -> Path:
    """`compare=a,b out=`: one table with paired differences to the first."""
    from talkface.evaluation.compare import compare, write_comparison

    out = Path(settings["out"])
    write_comparison(out, compare(as_list(settings["compare"]), Bootstrap(**settings["interval"]), settings["row"]))
    return out


def run_split(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """`checkpoint= data= split=`: every clip of the split, every row, one report."""
    from talkface.corpus import CORPUS_FILE, MANIFEST_FILE
    from talkface.evaluation.clips import list_clips
    from talkface.evaluation.provenance import describe_corpora
    from talkface.evaluation.runner import measure_all

    folders = as_list(settings["data"].get("corpus"))
    if not folders:
        raise InputError("no corpus", "data.corpus", "give data.corpus=FOLDER (made by preprocess.py)")
    entries = list_clips(folders, settings["split"], settings["limit"])
    from talkface.evaluation.generation import PROTOCOL  # torch: only once the input is known to be good

    opened = open_networks(settings, open_network)
    outcome = measure_all(entries, instruments(settings, opened))
    corpora = describe_corpora(folders, (CORPUS_FILE, MANIFEST_FILE))
    about = {**opened.described, "corpora": corpora, "split": settings["split"], "protocol": PROTOCOL}
    return finish(settings, outcome, about, overrides)


def run_files(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """`videos= reference=`: files made by anybody's model against the originals, one report."""
    from talkface.evaluation.files import FILES_PROTOCOL, other_sound, pair_files, read_pair
    from talkface.evaluation.provenance import describe_files
    from talkface.evaluation.records import ClipRecord, Outcome
    from talkface.evaluation.runner import measure_each
    from talkface.evaluation.systems import measure_clip
    from talkface.face import build_detector

    if not settings["reference"]:
        raise InputError("no originals", "reference", "give reference=FOLDER with files of the same stems")
    if settings["checkpoint"]:
        raise InputError("checkpoint= does not go with videos=", settings["checkpoint"], "leave out one of them")
    pairs, lonely = pair_files(Path(settings["videos"]), Path(settings["reference"]))
    opened = open_networks(settings, open_network)
    tools, detector = instruments(settings, opened), build_detector("mtcnn", device=settings["device"])

    def measure(index: int) -> ClipRecord:
        clip = read_pair(pairs[index], detector)
        return measure_clip(clip, other_sound(pairs, index, len(clip.crops)), tools)

    outcome = measure_each([pair.key for pair in pairs], measure)
    files = {name: describe_files(Path(settings[name])) for name in ("videos", "reference")}
    about = {**opened.described, "files": files, "split": "files", "protocol": FILES_PROTOCOL}
    return finish(settings, Outcome(outcome.records, lonely + outcome.failures), about, overrides)


def finish(settings: Settings, outcome: Any, about: dict[str, Any], overrides: Sequence[str]) -> Path:
    """Write the report of an `Outcome`. about: provenance that only the kind of run knows. Returns its folder."""
    from talkface.evaluation.provenance import versions
    from talkface.evaluation.report import build_report, write_report

    out = Path(settings["out"])
    provenance = {
        "name": settings["name"] or "evaluation",
        **about,
        "settings": {key: settings[key] for key in SHOWN_SETTINGS},
        "versions": versions(),
        "command": command_line(overrides),
    }
    report = build_report(outcome, provenance, Bootstrap(**settings["interval"]), settings["groups"] or {})
    write_report(out, report, {record.key: record.strip for record in outcome.records})
    log.info("%d clips measured, %d failed", len(outcome.records), len(outcome.failures))
    return out


def open_networks(settings: Settings, open_network: OpenNetwork) -> Opened:
    """The judges and, where the checkpoint is a generator, the generator.

    A checkpoint that is an expert is judged itself: it becomes the expert, and nothing is generated. `expert` names an
    expert, a `syncnet_v2` file, or one of each; a `syncnet_v2` adds its columns beside those of the expert.
    """
    networks: dict[str, Any] = {}
    described: dict[str, Any] = {}
    if settings["checkpoint"]:
        path = settings["checkpoint"]
        kind, networks[kind] = open_as(Path(path), (GENERATOR, EXPERT), open_network)
        described["checkpoint"] = describe_weights(path, networks[kind], kind)
        if kind == EXPERT:
            described["expert"] = described["checkpoint"]
    for path in as_list(settings["expert"]):
        kind, network = open_as(Path(path), (EXPERT, PUBLISHED), open_network)
        if kind in networks:
            raise InputError(f"two networks of the kind {kind}", path, "give one expert and one syncnet_v2 at most")
        networks[kind] = network
        described["expert" if kind == EXPERT else kind] = describe_weights(path, network, kind)
    if EXPERT not in networks:
        networks[EXPERT] = open_network(None, EXPERT)
        described["expert"] = describe_weights("shipped", networks[EXPERT], EXPERT)
    moved = {kind: network.to(settings["device"]) for kind, network in networks.items()}
    return Opened(moved[EXPERT], moved.get(PUBLISHED), moved.get(GENERATOR), described)


def open_as(path: Path | None, kinds: Sequence[str], open_network: OpenNetwork) -> tuple[str, Any]:
    """(kind, network) of the first kind that the file loads as, strictly; else the first kind's InputError."""
    first: InputError | None = None
    for kind in kinds:
        try:
            return kind, open_network(path, kind)
        except InputError as error:
            first = first or error
    raise first or InputError("no kind to open", path, "name a kind of network")


def instruments(settings: Settings, opened: Opened) -> Any:
    """`systems.Instruments` as the settings describe them."""
    import torch

    from talkface.evaluation.judge import ExpertJudge
    from talkface.evaluation.published import PublishedJudge
    from talkface.evaluation.systems import Instruments

    torch.set_num_threads(settings["threads"] or torch.get_num_threads())
    marks = settings["landmarks"]
    finder = published = None
    if marks["detector"] != "none":
        from talkface.evaluation.points import point_finder

        finder = point_finder(marks["detector"], settings["device"])
    if opened.published is not None:
        view, batch = settings["syncnet_view"], settings["batch"]
        published = PublishedJudge(opened.published, view=view, batch=batch, device=settings["device"])
    return Instruments(
        judge=ExpertJudge(opened.expert, batch=settings["batch"], device=settings["device"]),
        published=published,
        generator=opened.generator,
        find_points=finder,
        rows=tuple(settings["rows"]),
        every=marks["every"],
        shifts=settings["shifts"],
        batch=settings["batch"],
        device=settings["device"],
    )


def as_list(value: Any) -> list[str]:
    """One folder, a list of folders, or `a,b` as typed: always a list of text, empty for None."""
    if value is None:
        return []
    return value.split(",") if isinstance(value, str) else [str(each) for each in value]


def command_line(overrides: Sequence[str]) -> str:
    """The command as typed, without where it wrote: two runs of one command have one line."""
    return " ".join(["python evaluate.py", *(each for each in overrides if not each.startswith("out="))])
