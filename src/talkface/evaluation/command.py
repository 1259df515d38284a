"""What `evaluate.py` does, by its settings: measure a checkpoint or files, draw a pair list, or compare reports."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from talkface.errors import InputError
from talkface.evaluation.driven import SERVED, run_driven
from talkface.evaluation.networks import (
    PCAVS,
    OpenNetwork,
    Settings,
    as_list,
    make_cache,
    make_instruments,
    open_networks,
    placed,
    worker_count,
)

if TYPE_CHECKING:
    from talkface.evaluation.records import Failure
    from talkface.evaluation.runner import Job

log = logging.getLogger(__name__)

SHOWN_SETTINGS = (
    *("rows", "metrics", "landmarks", "sampled", "syncnet_view", "shifts", "limit", "groups"),
    *("device", "threads", "batch"),
)
UNSHOWN = ("out=", "workers=", "cache=")  # overrides that change no figure
TIMINGS_FILE = "timings.json"


def run(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """Do what the settings ask for and return the folder of the report. overrides: as typed, for the provenance."""
    if settings["action"] == "pairs":
        return write_pairs(settings)
    if settings["probe"]:
        return run_probes(settings, open_network, overrides)
    if settings["action"] != "evaluate":
        raise InputError("no such action", settings["action"], "choose evaluate or pairs")
    if settings["compare"]:
        return run_comparison(settings, as_list(settings["compare"]))
    if settings["protocol"]["generator"] == SERVED:
        return run_driven(settings, overrides)
    if settings["videos"]:
        return run_files(settings, open_network, overrides)
    return run_split(settings, open_network, overrides)


def run_comparison(settings: Settings, folders: Sequence[str]) -> Path:
    """`compare=a,b out=`: one table with paired differences to the first."""
    from talkface.evaluation.bootstrap import Bootstrap
    from talkface.evaluation.compare import compare
    from talkface.evaluation.compare_page import write_comparison

    out, draw = Path(settings["out"]), Bootstrap(**settings["interval"])
    write_comparison(out, compare(folders, draw, settings["row"], settings["sort"]))
    return out


def write_pairs(settings: Settings) -> Path:
    """`action=pairs protocol= seed= out=`: the pair list that the protocol draws from the split, as a file."""
    from talkface.evaluation.clips import list_clips
    from talkface.evaluation.pairs import pairs_text
    from talkface.evaluation.trials import drawn
    from talkface.media import atomic_write_text

    out = Path(settings["out"])
    pairs = drawn(list_clips(corpora_of(settings), settings["split"], settings["limit"]), settings)
    atomic_write_text(out, pairs_text(pairs))
    log.info("%d pairs", len(pairs))
    return out


def run_probes(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """`probe=true checkpoint=FOLDER data= split=`: what PC-AVS's codes carry, on the clips of a split.

    `checkpoint={name: folder, …}`: a report for each, in `out/name`.
    """
    from talkface.corpus import CORPUS_FILE, MANIFEST_FILE
    from talkface.evaluation.bootstrap import Bootstrap
    from talkface.evaluation.clips import list_clips
    from talkface.evaluation.probes.reading import read_all, same_kind
    from talkface.evaluation.probes.report import build_probe_report, write_probes
    from talkface.evaluation.provenance import describe_corpora, describe_weights, versions

    if isinstance(settings["checkpoint"], Mapping):
        for name, folder in settings["checkpoint"].items():
            one = {"checkpoint": folder, "out": str(Path(settings["out"]) / name), "name": name}
            run_probes({**settings, **one}, open_network, overrides)
        return Path(settings["out"])
    if not settings["checkpoint"]:
        raise InputError("nothing to probe", "checkpoint=", "give checkpoint=FOLDER with PC-AVS's (weights: ours)")
    folders, out = corpora_of(settings), Path(settings["out"])
    entries = list_clips(folders, settings["split"], settings["limit"])
    drawn, settings = same_kind(entries), placed(settings)
    network = open_network(Path(settings["checkpoint"]), PCAVS).to(settings["device"])
    clips, failures = read_all(
        entries, network, make_cache(settings), every=settings["sampled"], batch=settings["batch"]
    )
    provenance = {
        "name": settings["name"] or "probes",
        "drawn": drawn,
        "checkpoint": describe_weights(settings["checkpoint"], network, PCAVS),
        "split": settings["split"],
        "corpora": describe_corpora(folders, (CORPUS_FILE, MANIFEST_FILE)),
        "settings": {key: settings[key] for key in ("sampled", "limit", "batch", "device", "threads")},
        "versions": versions(),
        "command": command_line(overrides),
    }
    report = build_probe_report(clips, failures, provenance, Bootstrap(**settings["interval"]))
    write_probes(out, report)
    log.info("%d clips probed, %d failed", len(clips), len(failures))
    return out


def run_split(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """`checkpoint= data= split= protocol=`: every trial of the protocol, every row, one report.

    `checkpoint={name: FILE, …}`: one report for each, in `out/name`, and their comparison in `out`.
    """
    if isinstance(settings["checkpoint"], Mapping):
        return run_each(settings, "checkpoint", partial(run_split, open_network=open_network, overrides=overrides))
    from talkface.corpus import CORPUS_FILE, MANIFEST_FILE
    from talkface.evaluation.jobs import SplitJob
    from talkface.evaluation.provenance import describe_corpora
    from talkface.evaluation.trials import plan_trials

    folders, protocol = corpora_of(settings), settings["protocol"]
    trials = plan_trials(settings, folders)
    settings = placed(settings)
    from talkface.evaluation.generation import PROTOCOL  # torch: only once the input is known to be good

    about = {
        **describe_networks(settings, open_network),
        "split": "pairs" if settings["pairs"] else settings["split"] or "every",
        "protocol": f"{protocol['name']}: {protocol['note']}",
        "source": protocol["source"],
        "generation": PROTOCOL,
        "pairs": trials.described,
        "corpora": describe_corpora(folders, (CORPUS_FILE, MANIFEST_FILE)),
    }
    return measure(settings, SplitJob(settings, open_network, trials.trials), about, trials.failures, overrides)


def run_files(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """`videos= reference=`: files made by anybody's model against the originals, one report.

    `videos={name: folder, …}`: one report for each, in `out/name`, and their comparison in `out`.
    """
    if not settings["reference"]:
        raise InputError("no originals", "reference", "give reference=FOLDER with files of the same names")
    if settings["checkpoint"]:
        raise InputError("checkpoint= does not go with videos=", settings["checkpoint"], "leave out one of them")
    if not isinstance(settings["videos"], Mapping):
        return run_folder(settings, open_network, overrides)
    return run_each(settings, "videos", partial(run_folder, open_network=open_network, overrides=overrides))


def run_each(settings: Settings, key: str, run_one: Callable[[Settings], Path]) -> Path:
    """One report for every named value of the setting `key`, in `out/name`, and their comparison in `out`."""
    folders = []
    for name, value in settings[key].items():
        folders.append(str(Path(settings["out"]) / name))
        log.info("%s", name)
        run_one({**settings, key: value, "out": folders[-1], "name": name})
    return run_comparison(settings, folders) if len(folders) > 1 else Path(folders[0])


def run_folder(settings: Settings, open_network: OpenNetwork, overrides: Sequence[str]) -> Path:
    """One folder of results against the originals."""
    from talkface.evaluation.files import FILES_PROTOCOL, pair_files
    from talkface.evaluation.jobs import FilesJob
    from talkface.evaluation.provenance import describe_files

    pairs, lonely = pair_files(Path(settings["videos"]), Path(settings["reference"]))
    settings = placed(settings)
    files = {name: describe_files(Path(settings[name])) for name in ("videos", "reference")}
    about = {
        **describe_networks(settings, open_network),
        "files": files,
        "split": "files",
        "protocol": FILES_PROTOCOL,
    }
    return measure(settings, FilesJob(settings, open_network, pairs), about, lonely, overrides)


def describe_networks(settings: Settings, open_network: OpenNetwork) -> dict[str, Any]:
    """What the report says of the networks. InputError: one cannot be opened, or a setting does not fit it."""
    opened = open_networks(settings, open_network)
    make_instruments(settings, opened, make_cache(settings))  # whatever is wrong is found before processes start
    return opened.described


def measure(
    settings: Settings, job: "Job", about: dict[str, Any], failures: Sequence["Failure"], overrides: Sequence[str]
) -> Path:
    """Measure the clips of `job` and write the report. about: what this kind of run knows of itself, for the report.

    failures: clips that are known to be missing. Returns the report's folder.
    """
    from talkface.evaluation.bootstrap import Bootstrap
    from talkface.evaluation.cache import digest_of
    from talkface.evaluation.provenance import versions
    from talkface.evaluation.records import Outcome
    from talkface.evaluation.report import build_report, write_report
    from talkface.evaluation.runner import measure_each, remove_progress

    began, out = perf_counter(), Path(settings["out"])
    shown = {key: settings[key] for key in SHOWN_SETTINGS}
    common = {"settings": shown, "versions": versions()}
    lists = ("pairs", "corpora", "files", "source")  # one clip's figures do not hang on the others
    identity = digest_of([common, {key: value for key, value in about.items() if key not in lists}])
    workers = worker_count(settings, len(job.keys))
    outcome, seconds = measure_each(job, out, identity=identity, workers=workers, threads=settings["threads"])
    outcome = Outcome(outcome.records, [*failures, *outcome.failures])
    provenance = {"name": settings["name"] or "evaluation", **about, **common, "command": command_line(overrides)}
    report = build_report(outcome, provenance, Bootstrap(**settings["interval"]), settings["groups"] or {})
    write_report(out, report, {record.key: record.strip for record in outcome.records})
    write_timings(out, seconds, workers=workers, wall=perf_counter() - began)
    remove_progress(out)
    log.info("%d clips measured, %d failed", len(outcome.records), len(outcome.failures))
    return out


def write_timings(out: Path, seconds: Mapping[str, Mapping[str, float]], *, workers: int, wall: float) -> None:
    """timings.json: what differs from run to run. seconds: of each clip, by part (of its last measuring)."""
    from talkface.media import atomic_write_text

    parts = sorted({part for clip in seconds.values() for part in clip})
    total = {part: round(sum(clip.get(part, 0.0) for clip in seconds.values()), 3) for part in parts}
    clips = {key: {part: round(value, 4) for part, value in sorted(clip.items())} for key, clip in seconds.items()}
    content = {"workers": workers, "wall": round(wall, 3), "parts": total, "clips": clips}
    atomic_write_text(out / TIMINGS_FILE, json.dumps(content, indent=1) + "\n")


def corpora_of(settings: Settings) -> list[str]:
    """Folders of the corpora. InputError: none is given."""
    folders = as_list(settings["data"].get("corpus"))
    if not folders:
        raise InputError("no corpus", "data.corpus", "give data.corpus=FOLDER (made by preprocess.py)")
    return folders


def command_line(overrides: Sequence[str]) -> str:
    """The command as typed, without what changes no figure: two runs of one command have one line."""
    return " ".join(["python evaluate.py", *(each for each in overrides if not each.startswith(UNSHOWN))])
