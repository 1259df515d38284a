"""Which families of columns a run computes, with what, and why the others are missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from talkface.errors import InputError
from talkface.evaluation.measures import FAMILIES, QUICK
from talkface.evaluation.provenance import describe_weights

if TYPE_CHECKING:
    from talkface.evaluation.cache import FeatureCache
    from talkface.evaluation.tools import Tools

WEIGHED = ("lpips", "identity", "fid", "fvd")
"""Families that need a file of their own, given by the setting of the same name."""
MOUTH_READER = "mouth_reader"
Missing = dict[str, str]
"""Family → why it is not computed."""


@dataclass(frozen=True)
class Choice:
    """families: computed. missing: family → why not, for those that were asked for, and for those that were not."""

    families: frozenset[str]
    missing: Missing

    def describe(self) -> dict[str, Any]:
        """Plain form for the provenance."""
        return {"families": [name for name in FAMILIES if name in self.families], "missing": self.missing}


def choose(metrics: str | Sequence[str], weights: Mapping[str, Any], *, published: bool, mesh: bool) -> Choice:
    """What `metrics=` asks for, less what cannot be had.

    metrics: `quick`, `all`, or names of families. weights: the settings; a file given for a family also chooses it.
    published: whether a syncnet_v2 judges. mesh: whether 68 points can be found. InputError: an unknown name.
    """
    named = [metrics] if isinstance(metrics, str) else list(metrics)
    for name in named:
        if name not in (*FAMILIES, "quick", "all"):
            near = get_close_matches(str(name), FAMILIES, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InputError("unknown family of metrics", name, f"{hint}use quick, all or {', '.join(FAMILIES)}")
    wanted = {name for name in FAMILIES if name in named or "all" in named or ("quick" in named and name in QUICK)}
    wanted |= {name for name in WEIGHED if weights.get(name)}
    missing: Missing = {name: "not chosen by metrics=" for name in FAMILIES if name not in wanted}
    missing |= {name: f"no weights: give {name}=FILE" for name in WEIGHED if name in wanted and not weights.get(name)}
    if not published and "syncnet_v2" in wanted:
        missing["syncnet_v2"] = "no weights: give expert=syncnet_v2.model"
    if not mesh and "mesh" in wanted:
        missing["mesh"] = "68 landmarks need mediapipe: install the extra talkface[faces]"
    if "mouth" in wanted:
        missing["mouth"] = "one clip must drive another: use protocol=cross_driving"
    return Choice(frozenset(wanted - missing.keys()), {name: missing[name] for name in FAMILIES if name in missing})


def has_mesh() -> bool:
    """Whether the source of 68 points is installed."""
    from importlib.util import find_spec

    return find_spec("mediapipe") is not None


class Measuring(NamedTuple):
    """The choice, the networks that measure by family, and what the report says of them."""

    choice: Choice
    networks: dict[str, Any]
    described: dict[str, Any]


def open_measuring(
    settings: Mapping[str, Any], open_network: Callable[[Path | None, str], Any], *, published: bool
) -> Measuring:
    """What the settings choose, each network from the file of its family's setting.

    InputError: an unknown family, or a file that is no such network.
    """
    choice = choose(settings["metrics"], settings, published=published, mesh=has_mesh())
    described: dict[str, Any] = {"metrics": choice.describe()}
    networks: dict[str, Any] = {}
    if "drawn" in choice.families:
        networks["drawn"] = open_network(None, MOUTH_READER).to(settings["device"])
        described["mouth_reader"] = describe_weights("shipped", networks["drawn"], MOUTH_READER)
    for family in WEIGHED:
        if family in choice.families:
            given = settings[family]
            path = Path(given if isinstance(given, str) else ",".join(map(str, given)))
            networks[family] = open_network(path, family).to(settings["device"])
            described[family] = describe_weights(path, networks[family], family)
    return Measuring(choice, networks, described)


def make_tools(settings: Mapping[str, Any], measuring: Measuring, cache: "FeatureCache") -> "Tools":
    """What pictures are measured with, as the settings describe it; points and features are computed once a content."""
    from talkface.evaluation.cached import once
    from talkface.evaluation.points import face_finder, landmark_finder, point_finder
    from talkface.evaluation.tools import Tools, network_tools

    marks, families = settings["landmarks"], measuring.choice.families
    finder = mesh = None
    if marks["detector"] != "none" and families & {"lmd", "motion"}:
        finder = point_finder(marks["detector"], settings["device"], cache)
    if "mesh" in families:
        mesh = landmark_finder("mesh", settings["device"], cache)
    faces = face_finder(settings["detector"], settings["device"]) if "detection" in families else None
    tools = network_tools(measuring.networks, batch=settings["batch"], device=settings["device"])
    for family in tools.keys() & measuring.networks.keys() - {"lpips"}:
        tools[family] = once(family, tools[family], measuring.networks[family].weights_sha256, cache)
    return Tools(
        families=families,
        find_points=finder,
        find_mesh=mesh,
        find_faces=faces,
        every=marks["every"],
        sampled=settings["sampled"],
        **tools,
    )
