"""Small modules and data for two-step trainings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from packs import make_pack

from talkface.data.datasets import Sampling
from talkface.data.module import ExpertDataModule, GeneratorDataModule
from talkface.models.quality_discriminator import QualityDiscriminator
from talkface.models.syncnet import SyncNetExpert
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.training.adversarial_step import AdversarialStep
from talkface.training.base import TrainingModule
from talkface.training.expert import ExpertModule
from talkface.training.wav2lip import Wav2LipModule

WIDTH = 0.125


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pack(tmp_path_factory.mktemp("corpus") / "packed")


@pytest.fixture
def expert_data(pack: Path) -> Callable[..., ExpertDataModule]:
    options = {"batch": 2, "sampling": Sampling(windows=4, spacing=2), "workers": 0, "validation_items": 2}
    return lambda **changes: ExpertDataModule(pack, **{**options, **changes})


@pytest.fixture
def generator_data(pack: Path) -> Callable[..., GeneratorDataModule]:
    options = {"batch": 2, "workers": 0, "validation_items": 2}
    return lambda **changes: GeneratorDataModule(pack, **{**options, **changes})


@pytest.fixture
def expert_module() -> Callable[..., ExpertModule]:
    def build(loss: dict[str, float] | None = None, *, rate: float = 2e-3, **options: object) -> ExpertModule:
        torch.manual_seed(0)
        adam = partial(torch.optim.AdamW, lr=rate)
        losses = loss or {"contrastive": 1.0, "bce": 0.0}
        return ExpertModule(SyncNetExpert(WIDTH), optimizer=adam, loss=losses, **options)  # type: ignore[arg-type]

    return build


@pytest.fixture
def generator_module() -> Callable[..., Wav2LipModule]:
    def build(
        *, judged: bool = False, accumulation: int = 1, width: float = WIDTH, blend: bool = False, **options: object
    ) -> Wav2LipModule:
        torch.manual_seed(0)
        judge = QualityDiscriminator(WIDTH) if judged else None
        weights = {"reconstruction": 1.0, "mouth": 1.0, "detail": 0.0, "adversarial": 0.07 if judged else 0.0}
        return Wav2LipModule(
            Wav2LipGenerator(width, blend=blend),
            SyncNetExpert(WIDTH),
            judge,
            optimizer=partial(torch.optim.AdamW, lr=2e-3),
            loss=weights,
            update=AdversarialStep(accumulation=accumulation),
            **options,  # type: ignore[arg-type]
        )

    return build


def weights_of(module: TrainingModule) -> torch.Tensor:
    """All parameters of the shipped network as one vector."""
    return torch.cat([p.detach().flatten() for p in module.shipped.parameters()])
