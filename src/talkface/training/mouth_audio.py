"""Training of the mouth model's audio network: mel spectrogram → coefficients of the mouth's shape."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from talkface.face.mouth_basis import point_weights
from talkface.face.mouth_shape import MOUTH, partings
from talkface.losses import coefficient_loss, concordance_loss, velocity_loss
from talkface.mouth_batch import MouthSpeechBatch
from talkface.training.single import SingleModule

_OPENING, _WIDTH = 2.2, 1.5  # pixels of the frame of reference: usual deviations while speaking
_CORNERS = MOUTH.index(54), MOUTH.index(48)
_SMALL = 0.7  # exponent by which a direction's deviation decides how much its coefficient counts


class MouthAudioModule(SingleModule):
    """Losses: ``shape`` (smooth L1 of the coefficients, larger movements weighing more), ``velocity`` (L1 of their
    differences over time), ``opening`` and ``width`` (concordance of the mouth's course). A loss of weight 0 is not
    computed.

    The basis that coefficients refer to is the network's: a new network gets that of the training clips, one that was
    begun with weights or is resumed keeps its own.
    """

    kind = "mouth_audio"

    def setup(self, stage: str) -> None:
        """Give a new network its basis, before its average is made."""
        if self._trainer is not None and not bool(self.basis[2].any()):
            found = self.trainer.datamodule.find_basis()  # type: ignore[attr-defined]
            networks: list[Any] = [self.network] if self.average is None else [self.network, self.average.module]
            for network in networks:
                for name in ("mean", "slope", "directions"):
                    getattr(network, name).copy_(torch.from_numpy(getattr(found, name)))
        super().setup(stage)

    @property
    def basis(self) -> tuple[Tensor, Tensor, Tensor]:
        """Mean, slope and directions."""
        network: Any = self.network
        return network.mean, network.slope, network.directions

    def losses(self, batch: MouthSpeechBatch, network: nn.Module) -> tuple[dict[str, Tensor], Tensor]:
        """Unweighted losses, and the coefficients (N, T, C) that were found."""
        found = at_places(network(batch.mel).float(), batch.place)
        known, true = batch.known.float(), batch.coefficients
        weights = known[..., None] * self.counts()
        opening, width = self.courses()
        terms: dict[str, Callable[[], Tensor]] = {
            "shape": lambda: coefficient_loss(found, true, weights),
            "velocity": lambda: velocity_loss(found, true, weights),
            "opening": lambda: concordance_loss(found @ opening, true @ opening, known, scale=_OPENING),
            "width": lambda: concordance_loss(found @ width, true @ width, known, scale=_WIDTH),
        }
        return {name: term() for name, term in terms.items() if self.loss.get(name)}, found

    def validation_step(self, batch: MouthSpeechBatch, _: int) -> None:
        losses, found = self.losses(batch, self.served)
        opening, _width = self.courses()
        values = {"correlation": correlation(found @ opening, batch.coefficients @ opening, batch.known)}
        self.log_losses("val", {**losses, **values}, len(batch))

    def counts(self) -> Tensor:
        """(C,) how much each coefficient counts: the first 1, those that move less, less."""
        directions = self.basis[2]
        moved = directions * torch.from_numpy(point_weights()).to(directions.device)
        deviations = torch.linalg.vector_norm(moved.flatten(1), dim=1)
        counts: Tensor = (deviations / deviations[0]) ** _SMALL
        return counts

    def courses(self) -> tuple[Tensor, Tensor]:
        """(C,) each: pixels by which a unit of each coefficient parts the lips, and moves the corners apart."""
        directions = self.basis[2]
        whole = directions.new_zeros(len(directions), 68, 3)
        whole[:, list(MOUTH)] = directions
        opening = torch.from_numpy(partings(whole.cpu().numpy())).to(directions.device)
        right, left = _CORNERS
        return opening, directions[:, right, 0] - directions[:, left, 0]


def at_places(steps: Tensor, place: Tensor) -> Tensor:
    """(N, S, C) at (N, T) fractional steps → (N, T, C), linear."""
    low = place.floor().long().clamp(0, steps.shape[1] - 2)
    part = (place - low)[..., None]
    index = low[..., None].expand(-1, -1, steps.shape[2])
    return steps.gather(1, index) * (1 - part) + steps.gather(1, index + 1) * part


def correlation(found: Tensor, true: Tensor, known: Tensor) -> Tensor:
    """Mean over rows of the correlation of (N, T) courses over what is known; 0 for one that stands still."""
    count = known.sum(1, keepdim=True).clamp_min(1)
    courses = [(course - (course * known).sum(1, keepdim=True) / count) * known for course in (found, true)]
    first, second = courses
    size = torch.linalg.vector_norm(first, dim=1) * torch.linalg.vector_norm(second, dim=1)
    correlations: Tensor = (first * second).sum(1) / size.clamp_min(1e-6)
    return correlations.mean()
