"""Networks of the mouth model: a window is a slice of the whole; the renderer erases, and starts from references."""

import pytest
import torch

from talkface.face.mouth_geometry import erased_mask
from talkface.models.kinds import build_model
from talkface.models.mouth.audio import COEFFICIENTS, MOVED, WINDOW, MouthAudioNetwork
from talkface.models.mouth.discriminator import MouthDiscriminator
from talkface.models.mouth.landmarks import HEIGHT, SCALE, WIDTH, MouthLandmarkNetwork
from talkface.models.mouth.renderer import MouthRenderer, mix, paint, resized, warp

MASK = torch.from_numpy(erased_mask().copy())[None, None]


@pytest.fixture(scope="module")
def inputs():
    torch.manual_seed(3)
    target, geometry = torch.rand(2, 3, 88, 96), torch.rand(2, 3, 88, 96)
    return target, geometry, torch.rand(2, 2, 3, 88, 96), torch.rand(2, 2, 3, 88, 96)


@pytest.fixture(scope="module")
def trained():
    """A renderer whose last layers are not zero any more."""
    torch.manual_seed(4)
    network = MouthRenderer(0.5).eval()
    for layer in (network.coarse_out, network.fine_out, network.out):
        torch.nn.init.normal_(layer.weight, std=0.05)
    return network


def test_a_window_is_a_slice_of_the_whole():
    torch.manual_seed(0)
    network = MouthAudioNetwork(0.25).eval()
    mel = torch.randn(1, 80, WINDOW + 20)
    with torch.inference_mode():
        whole = network(mel)
        assert whole.shape == (1, 21, COEFFICIENTS)
        for start in (0, 7, 20):
            torch.testing.assert_close(network(mel[:, :, start : start + WINDOW])[:, 0], whole[:, start])


def test_the_ear_hears_its_window_and_nothing_else():
    torch.manual_seed(0)
    network = MouthAudioNetwork(0.25).eval()
    mel = torch.randn(1, 80, WINDOW + 20, requires_grad=True)
    with torch.enable_grad():
        network(mel)[0, 10].square().sum().backward()
    heard = mel.grad[0].abs().sum(0) > 0
    assert heard[10 : 10 + WINDOW].all() and not heard[:10].any() and not heard[10 + WINDOW :].any()


def test_the_basis_is_part_of_the_weights():
    state = MouthAudioNetwork(0.25).state_dict()
    assert state["directions"].shape == (COEFFICIENTS, MOVED, 3) and state["mean"].shape == state["slope"].shape


def test_the_first_image_is_the_references_mean(inputs):
    target, geometry, references, maps = inputs
    torch.manual_seed(1)
    network = MouthRenderer(0.5).eval()
    with torch.inference_mode():
        frames, warped = network(target * (1 - MASK), MASK, geometry, references, maps)
        recipe = network.plan(
            target * (1 - MASK),
            MASK,
            geometry,
            references,
            network.encode(references.flatten(0, 1), maps.flatten(0, 1)),
        )
    torch.testing.assert_close(warped, references.mean(1), atol=1e-5, rtol=0)
    inside = MASK[0, 0] > 1 - 1e-6
    assert inside.sum() > 1500
    # alpha starts at sigmoid(-1) over colours that stay .01 from 0 and 1: the painted colour is the warped one
    torch.testing.assert_close(frames[..., inside], references.mean(1)[..., inside], atol=3e-3, rtol=0)
    assert recipe.flow.abs().max() == 0 and recipe.share.sum(1).allclose(torch.ones(()))


def test_pixels_outside_the_mask_pass_unchanged(inputs, trained):
    target, geometry, references, maps = inputs
    with torch.inference_mode():
        frames, _ = trained(target * (1 - MASK), MASK, geometry, references, maps)
    outside = MASK[0, 0] == 0
    assert outside.sum() > 500
    torch.testing.assert_close(frames[..., outside], target[..., outside], atol=0, rtol=0)


def test_nothing_inside_the_mask_of_the_target_reaches_the_result(inputs, trained):
    target, geometry, references, maps = inputs
    other = torch.where(MASK > 1 - 1e-6, torch.rand_like(target), target)
    with torch.inference_mode():
        results = [trained(each * (1 - MASK), MASK, geometry, references, maps)[0] for each in (target, other)]
    torch.testing.assert_close(results[0], results[1], atol=1e-5, rtol=0)  # the mask is 1 but for rounding


def test_the_wanted_geometry_and_the_references_do_reach_it(inputs, trained):
    target, geometry, references, maps = inputs
    with torch.inference_mode():
        first = trained(target * (1 - MASK), MASK, geometry, references, maps)[0]
        assert (trained(target * (1 - MASK), MASK, 1 - geometry, references, maps)[0] - first).abs().max() > 1e-4
        assert (trained(target * (1 - MASK), MASK, geometry, 1 - references, maps)[0] - first).abs().max() > 0.1


def test_the_order_of_the_references_does_not_matter(inputs, trained):
    target, geometry, references, maps = inputs
    with torch.inference_mode():
        one, other = (
            trained(target * (1 - MASK), MASK, geometry, references[:, order], maps[:, order])[0]
            for order in ([0, 1], [1, 0])
        )
    torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def test_a_recipe_is_applied_at_native_size(inputs, trained):
    target, geometry, _, maps = inputs
    references = resized(torch.rand(4, 3, 11, 12), (88, 96)).unflatten(0, (2, 2))  # smooth: enlarging loses nothing
    with torch.inference_mode():
        encoded = trained.encode(references.flatten(0, 1), maps.flatten(0, 1))
        recipe = trained.plan(target * (1 - MASK), MASK, geometry, references, encoded)
        small = paint(mix(references.flatten(0, 1), recipe.flow, recipe.share), recipe.paint, recipe.alpha)
        size = (220, 240)
        native = resized(references.flatten(0, 1), size)
        warped = mix(native, recipe.flow, recipe.share)
        large = paint(warped, resized(recipe.paint, size), resized(recipe.alpha, size))
    assert large.shape == (2, 3, 220, 240)
    assert (resized(large, (88, 96)) - small).abs().mean() < 0.02
    assert large.min() >= 0 and large.max() <= 1


def test_warping_moves_by_parts_of_the_crop():
    maps = torch.zeros(1, 1, 8, 12)
    maps[0, 0, 4, 6] = 1
    flow = torch.zeros(1, 2, 8, 12)
    flow[:, 0] = 2 * 3 / 12  # each place takes what lies three pixels to its right
    assert warp(maps, flow)[0, 0, 4, 3] == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(warp(maps, torch.zeros_like(flow)), maps, atol=1e-6, rtol=0)


def test_landmarks_start_at_their_usual_places():
    torch.manual_seed(0)
    network = MouthLandmarkNetwork(0.5).eval()
    torch.nn.init.zeros_(network.head[-1].weight)
    with torch.inference_mode():
        found = network(torch.rand(2, 3, HEIGHT, WIDTH))
    assert found.shape == (2, 68, 2)
    usual = MouthLandmarkNetwork.usual_places()
    assert (found - usual).abs().max() < 0.1  # maps end at the crop's sides, which draws points at the rim inwards
    eyes = (usual[45] - usual[36])[0] * WIDTH / SCALE
    assert eyes == pytest.approx(62, abs=0.5)


def test_the_discriminator_judges_what_can_be_made():
    torch.manual_seed(0)
    judge = MouthDiscriminator(0.5).eval()
    image, geometry = torch.rand(2, 3, 88, 96), torch.rand(2, 3, 88, 96)
    ((logits, maps),) = judge(image, geometry)
    assert logits.shape[:2] == (2, 1) and len(maps) == 5 and maps[0] is image
    changed = image.clone()
    changed[:, :, :12], changed[:, :, 84:] = 0, 0
    torch.testing.assert_close(judge(changed, geometry)[0][0], logits)
    assert not torch.equal(judge(image, 1 - geometry)[0][0], logits)


@pytest.mark.parametrize("kind", ["mouth_audio", "mouth_renderer", "mouth_landmarks"])
def test_networks_are_built_again_from_their_config(kind):
    network = build_model(kind, {"width": 0.5})
    again = build_model(kind, network.config)
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in network.state_dict().items()}
