"""Training of the reader of drawn mouths."""

from torch import Tensor, nn

from talkface.batch import MouthBatch, pictures
from talkface.losses import reconstruction_loss
from talkface.training.single import SingleModule


class MouthReaderModule(SingleModule):
    """L1 between the numbers read and those the mouth was drawn with: the loss ``shape``."""

    kind = "mouth_reader"

    def losses(self, batch: MouthBatch, network: nn.Module) -> tuple[dict[str, Tensor], Tensor]:
        """Unweighted losses, and the shapes that were read."""
        found: Tensor = network(pictures(batch.mouth))
        return {"shape": reconstruction_loss(found, batch.shape)}, found

    def validation_step(self, batch: MouthBatch, _: int) -> None:
        self.log_losses("val", self.losses(batch, self.served)[0], len(batch))
