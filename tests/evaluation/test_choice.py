"""Which families are computed, and why others are not."""

from pathlib import Path

import pytest
import torch
from colour_network import ColourNetwork
from torch import nn

from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache
from talkface.evaluation.choice import choose, make_tools, open_measuring
from talkface.evaluation.measures import FAMILIES, QUICK, columns_in

NONE: dict[str, None] = {}


def test_quick_all_and_names() -> None:
    quick = choose("quick", NONE, published=True, mesh=True)
    assert quick.families == set(QUICK)
    assert quick.missing["fid"] == "not chosen by metrics="
    every = choose("all", NONE, published=False, mesh=False)
    assert every.families == set(FAMILIES) - {"syncnet_v2", "mesh", "lpips", "identity", "fid", "fvd", "mouth"}
    assert every.missing["lpips"] == "no weights: give lpips=FILE"
    assert "talkface[faces]" in every.missing["mesh"]
    assert every.missing["syncnet_v2"] == "no weights: give expert=syncnet_v2.model"
    assert choose(["face", "quick"], NONE, published=False, mesh=False).families == set(QUICK) - {"syncnet_v2"}


def test_a_file_chooses_its_family() -> None:
    assert choose(["face"], {"fid": "x.pth"}, published=False, mesh=False).families == {"face", "fid"}


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown family") as caught:
        choose(["sharpnes"], NONE, published=False, mesh=False)
    assert "did you mean sharpness?" in str(caught.value)


def test_every_family_has_columns() -> None:
    assert all(columns_in(family) for family in FAMILIES)


def test_networks_become_tools_and_are_named(settings: dict) -> None:
    asked: list[tuple[str, str]] = []

    def open_network(path: Path, kind: str) -> nn.Module:
        asked.append((str(path), kind))
        return ColourNetwork(kind)

    given = {**settings, "metrics": ["face"], "lpips": ["a.pth", "b.pth"], "fid": "folder/i.pth"}
    measuring = open_measuring(given, open_network, published=False)
    tools, described = make_tools(given, measuring, FeatureCache()), measuring.described
    assert asked == [("a.pth,b.pth", "lpips"), ("folder/i.pth", "fid")]
    assert tools.families == {"face", "lpips", "fid"}
    assert described["fid"] == {"file": "i.pth", "kind": "fid", "sha256": "c" * 64, "metadata": {"form": "colour"}}
    assert described["metrics"]["families"] == ["face", "lpips", "fid"]
    pictures = torch.randint(0, 256, (2, 8, 8, 3), dtype=torch.uint8).numpy()
    assert tools.lpips is not None and tools.lpips(pictures, pictures).tolist() == [0.0, 0.0]
    assert tools.fid is not None and tools.fid(pictures).shape == (2, 3)
    assert (tools.find_points, tools.find_mesh, tools.identity, tools.fvd) == (None, None, None, None)
