"""Networks that measure, from local files with seeded weights: each form gives its package's own features."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from talkface.errors import InputError
from talkface.models.measuring import load_measuring


class Script(nn.Module):
    """Stands for anybody's network: says what it was given."""

    def forward(self, x: Tensor, return_features: bool = False) -> Tensor:
        flat = x.float().flatten(1)
        return torch.stack([flat.amin(1), flat.amax(1), torch.full([len(x)], float(x.shape[-1]))], 1) * float(
            return_features
        )


class Embedding(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


def seeded(network: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) / max(1, parameter[0].numel()) ** 0.5
    return network.requires_grad_(False).eval()


def pictures(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(2))


def test_torchscript_takes_what_its_kind_promises(tmp_path: Path) -> None:
    torch.jit.script(Script()).save(str(tmp_path / "any.pt"))
    still, clip = pictures(2, 3, 40, 50), pictures(2, 3, 16, 40, 50)
    fid = load_measuring(tmp_path / "any.pt", "fid")(still)
    assert fid[:, 1].min() > 200 and fid[0, 2] == 50  # bytes, in their own size
    fvd = load_measuring(tmp_path / "any.pt", "fvd")(clip)
    assert fvd[:, 0].max() < -0.5 and fvd[0, 2] == 224
    torch.jit.script(Embedding()).save(str(tmp_path / "face.pt"))
    network = load_measuring(tmp_path / "face.pt", "identity")
    assert network(still).shape == (2, 3)
    assert network.metadata == {"kind": "identity", "form": "TorchScript"}
    assert len(network.weights_sha256) == 64


@pytest.mark.slow
def test_identity_of_facenet(tmp_path: Path) -> None:
    facenet = pytest.importorskip("facenet_pytorch").InceptionResnetV1(pretrained=None, num_classes=7, classify=True)
    torch.save(seeded(facenet).state_dict(), tmp_path / "face.pt")
    faces = pictures(2, 3, 160, 160)
    facenet.classify = False
    torch.testing.assert_close(load_measuring(tmp_path / "face.pt", "identity")(faces), facenet(2 * faces - 1))


@pytest.mark.slow
def test_inception_of_torch_fidelity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3", reason="extra `eval`")
    with monkeypatch.context() as patch:  # its constructor loads published weights, which are not here
        patch.setattr(module, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(module.FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        expected = seeded(module.FeatureExtractorInceptionV3("any", ["2048"]))
    torch.save(expected.state_dict(), tmp_path / "inception.pth")
    still = pictures(2, 3, 96, 96)
    network = load_measuring(tmp_path / "inception.pth", "fid")
    assert network.metadata["form"] == "torch-fidelity inception v3"
    torch.testing.assert_close(network(still), expected((still * 255).round().to(torch.uint8))[0])
    assert float(network(still).std()) > 1e-4


@pytest.mark.slow
def test_networks_of_torchvision(tmp_path: Path) -> None:
    from torchvision.models import inception_v3
    from torchvision.models.video import r3d_18

    inception = seeded(inception_v3(weights=None, aux_logits=True, init_weights=False))
    torch.save(inception.state_dict(), tmp_path / "inception.pth")
    inception.fc = nn.Identity()
    mean, deviation = (torch.tensor(row).reshape(3, 1, 1) for row in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    still = pictures(2, 3, 299, 299)
    torch.testing.assert_close(
        load_measuring(tmp_path / "inception.pth", "fid")(still), inception((still - mean) / deviation)
    )
    resnet = seeded(r3d_18(weights=None))
    torch.save(resnet.state_dict(), tmp_path / "video.pth")
    found = load_measuring(tmp_path / "video.pth", "fvd")(pictures(1, 3, 16, 96, 96))
    assert found.shape == (1, 512) and bool(found.isfinite().all())


def test_other_files_are_refused(tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.zeros(3, 2)}, tmp_path / "other.pth")
    for kind in ("fid", "fvd", "identity"):
        with pytest.raises(InputError, match="not weights of a"):
            load_measuring(tmp_path / "other.pth", kind)
    with pytest.raises(InputError, match="not found"):
        load_measuring(tmp_path / "none.pth", "fid")
