"""LPIPS against the `lpips` package with seeded weights, in both file forms; nothing is downloaded."""

from pathlib import Path

import pytest
import torch

from talkface.errors import InputError
from talkface.metrics.functional.lpips import lpips
from talkface.models.lpips import load_lpips

package = pytest.importorskip("lpips", reason="extra `eval`")


def reference(backbone: str) -> torch.nn.Module:
    """The package's network with seeded convolutions and its own shipped heads."""
    torch.manual_seed(3)
    network = package.LPIPS(net=backbone, pnet_rand=True, verbose=False).eval()
    return network.requires_grad_(False)


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    first = torch.rand(2, 3, 70, 96, generator=torch.Generator().manual_seed(5))
    return first, (first + 0.2 * torch.rand(first.shape, generator=torch.Generator().manual_seed(6))).clamp(0, 1)


@pytest.mark.parametrize("backbone", ["alex", pytest.param("vgg", marks=pytest.mark.slow)])
def test_equals_the_package(backbone: str, tmp_path: Path) -> None:
    network = reference(backbone)
    torch.save(network.state_dict(), tmp_path / "all.pth")
    ours = load_lpips([tmp_path / "all.pth"])
    first, second = pictures()
    expected = network(first, second, normalize=True).flatten()
    found = lpips(ours(first), ours(second), ours.heads)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    assert float(expected.min()) > 1e-4  # a distance of 0 would prove nothing
    assert ours.metadata["backbone"] == backbone
    assert float(lpips(ours(first), ours(first), ours.heads).max()) == 0


def test_backbone_and_heads_in_two_files(tmp_path: Path) -> None:
    network = reference("alex")
    convolutions = {key: value for key, value in network.net.state_dict().items()}
    renamed = {f"features.{key.split('.', 1)[1]}": value for key, value in convolutions.items()}
    torch.save({**renamed, "classifier.1.weight": torch.zeros(2)}, tmp_path / "alexnet.pth")
    heads = {key: value for key, value in network.state_dict().items() if key.startswith("lin") and "lins" not in key}
    torch.save(heads, tmp_path / "heads.pth")
    ours = load_lpips([tmp_path / "alexnet.pth", tmp_path / "heads.pth"])
    first, second = pictures()
    found = lpips(ours(first), ours(second), ours.heads)
    torch.testing.assert_close(found, network(first, second, normalize=True).flatten(), atol=1e-6, rtol=1e-5)
    with pytest.raises(InputError, match="not LPIPS weights"):
        load_lpips([tmp_path / "alexnet.pth"])
    with pytest.raises(InputError, match="not LPIPS weights"):
        load_lpips([tmp_path / "heads.pth"])


def test_other_shapes_are_refused() -> None:
    maps, heads = [torch.zeros(1, 4, 2, 2)], [torch.zeros(4)]
    for wrong in (
        ([], [], []),
        (maps, maps, [torch.zeros(3)]),
        (maps, [torch.zeros(1, 4, 2, 3)], heads),
        (maps, maps, []),
    ):
        with pytest.raises(ValueError, match="maps must be"):
            lpips(*wrong)
