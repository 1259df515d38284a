"""Networks in use and the instruments made of them, as the settings describe."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from talkface.device import resolve_device
from talkface.errors import InputError
from talkface.evaluation.choice import Measuring, make_tools, open_measuring
from talkface.evaluation.provenance import describe_weights

if TYPE_CHECKING:
    from talkface.evaluation.cache import FeatureCache
    from talkface.evaluation.systems import Instruments

Settings = Mapping[str, Any]
GENERATOR, EXPERT, PUBLISHED, PCAVS = "wav2lip_generator", "wav2lip_expert", "syncnet_v2", "pcavs"

OpenNetwork = Callable[[Path | None, str], Any]
"""(path or None for the shipped weights, kind) -> network in eval mode; InputError when the file is of another kind.

Given by the entry script, and a function of a module, so that worker processes find it: this room imports no network.
"""


class Opened(NamedTuple):
    """Networks in use, with what the report says of them. generator: of either family, or None. measuring: those that

    only measure pictures.
    """

    expert: Any
    published: Any | None
    generator: Any
    described: dict[str, Any]
    measuring: Measuring


def open_networks(settings: Settings, open_network: OpenNetwork) -> Opened:
    """The judges and, where the checkpoint is a generator, the generator.

    A checkpoint that is an expert is judged itself: it becomes the expert, and nothing is generated. `expert` names an
    expert, a `syncnet_v2` file, or one of each; a `syncnet_v2` adds its columns beside those of the expert.
    """
    networks: dict[str, Any] = {}
    described: dict[str, Any] = {}
    if settings["protocol"]["generator"] == PCAVS and not settings["checkpoint"]:
        remedy = "give checkpoint=FOLDER with PC-AVS's four networks; weights/ holds small ones"
        raise InputError(f"the protocol {settings['protocol']['name']} needs PC-AVS", "checkpoint=", remedy)
    if settings["checkpoint"]:
        path = settings["checkpoint"]
        kinds = (PCAVS,) if settings["protocol"]["generator"] == PCAVS else (GENERATOR, EXPERT)
        kind, networks[kind] = open_as(Path(path), kinds, open_network)
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
    measuring = open_measuring(settings, open_network, published=PUBLISHED in networks)
    generator = moved.get(GENERATOR) or moved.get(PCAVS)
    return Opened(moved[EXPERT], moved.get(PUBLISHED), generator, {**described, **measuring.described}, measuring)


def open_as(path: Path | None, kinds: Sequence[str], open_network: OpenNetwork) -> tuple[str, Any]:
    """(kind, network) of the first kind that the file loads as, strictly; else the first kind's InputError."""
    first: InputError | None = None
    for kind in kinds:
        try:
            return kind, open_network(path, kind)
        except InputError as error:
            first = first or error
    raise first or InputError("no kind to open", path, "name a kind of network")


def make_instruments(settings: Settings, opened: Opened, cache: "FeatureCache") -> "Instruments":
    """`systems.Instruments` as the settings describe them; features are computed once a content."""
    from functools import partial

    from talkface.evaluation.cached import CachedJudge, CachedPublished, once
    from talkface.evaluation.generation import generate
    from talkface.evaluation.judge import ExpertJudge
    from talkface.evaluation.systems import Instruments

    form = {"batch": settings["batch"], "device": settings["device"]}
    published = making = None
    if opened.published is not None:
        digest, view = opened.published.weights_sha256, settings["syncnet_view"]
        published = CachedPublished(opened.published, digest, cache, view=view, **form)
    if opened.generator is not None and settings["protocol"]["generator"] == GENERATOR:
        making = once("generator", partial(generate, opened.generator, **form), opened.generator.weights_sha256, cache)
    return Instruments(
        judge=CachedJudge(ExpertJudge(opened.expert, **form), opened.expert.weights_sha256, cache),
        published=published,
        generate=making,
        tools=make_tools(settings, opened.measuring, cache),
        rows=tuple(settings["rows"]),
        shifts=settings["shifts"],
    )


def placed(settings: Settings) -> Settings:
    """The settings with a device of this machine. InputError: it does not have the one that is asked for."""
    return {**settings, "device": resolve_device(settings["device"])}


def make_cache(settings: Settings) -> "FeatureCache":
    """The features' cache, and this process's arithmetic threads set. InputError: its folder cannot be written."""
    import torch

    from talkface.evaluation.cached import feature_cache

    torch.set_num_threads(settings["threads"])
    if settings["cache"]:
        try:
            Path(settings["cache"]).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError("cannot write here", settings["cache"], "give another cache=FOLDER, or null") from error
    form = {key: settings[key] for key in ("threads", "batch", "device")}
    return feature_cache(settings["cache"], **form)


def worker_count(settings: Settings, clips: int) -> int:
    """How many processes measure `clips` clips; 0: this one. A process loads for seconds, so few clips get none.

    InputError: a negative number.
    """
    wanted = settings["workers"]
    if wanted is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        wanted = min(cores, clips // 8) if settings["device"] == "cpu" else 0
        return int(wanted) if wanted > 1 else 0
    if wanted < 0:
        raise InputError(f"workers={wanted}", "configuration", "give 0 (this process) or more")
    return min(int(wanted), clips)


def as_list(value: Any) -> list[str]:
    """One folder, a list of folders, or `a,b` as typed: always a list of text, empty for None."""
    if value is None:
        return []
    return value.split(",") if isinstance(value, str) else [str(each) for each in value]
