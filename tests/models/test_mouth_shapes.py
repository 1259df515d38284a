"""Heard mouths lean to drawings; the recipe's are those by which visemes are told apart."""

from pathlib import Path

import pytest
import torch
import yaml

from talkface.drawn import FIVE_MOUTHS
from talkface.errors import InputError
from talkface.models.mouth_shapes import MouthShapes
from talkface.models.wav2lip import Wav2LipGenerator

RECIPE = Path(__file__).parents[2] / "configs" / "experiment" / "wav2lip_animation.yaml"


def test_half_way_to_the_nearest_drawing():
    first, second = [0.0] * 6, [1.0] * 6
    shapes = MouthShapes(4, [2], [first, second], lean=0.5)
    heard = torch.tensor([[0.2] * 6, [0.8] * 6, [1.0] * 6])
    torch.testing.assert_close(shapes.leant(heard), torch.tensor([[0.1] * 6, [0.9] * 6, [1.0] * 6]))
    assert torch.equal(MouthShapes(4, [2]).leant(heard), heard)


def test_the_recipe_leans_to_the_drawings_that_visemes_are_told_by():
    recipe = yaml.safe_load(RECIPE.read_text())["model"]["generator"]
    assert recipe["drawings"] == [list(mouth) for mouth in FIVE_MOUTHS.values()]
    network = Wav2LipGenerator(**recipe)
    assert {name: network.config[name] for name in recipe} == recipe


@pytest.mark.parametrize(("drawings", "lean"), [([], 0.5), ([[0.0] * 6], 1.5), ([[0.0] * 5], 0.5)])
def test_what_cannot_be_leant_to(drawings, lean):
    with pytest.raises(InputError, match=r"lean=.*give lean from 0 to 1, and drawings of 6 numbers"):
        MouthShapes(4, [2], drawings, lean)
