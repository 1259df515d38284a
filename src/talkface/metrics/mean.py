"""Mean of whatever could be measured, counted exactly over batches and processes: the base of most accumulators."""

from torch import Tensor, float64, int64, zeros

from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from torchmetrics import Metric  # noqa: E402  (imports torchvision, which needs the shim first)


class MeanOfMeasured(Metric):
    """Mean over all values given to `add`; NaN says that something could not be measured and is counted, not averaged.

    Subclasses give `update`, and `higher_is_better`. `columns` > 1: a mean for each column.
    """

    is_differentiable = False
    full_state_update = False
    total: Tensor
    measured: Tensor
    seen: Tensor

    def __init__(self, columns: int = 1) -> None:
        super().__init__()
        self.add_state("total", zeros(columns, dtype=float64), dist_reduce_fx="sum")
        self.add_state("measured", zeros(columns, dtype=int64), dist_reduce_fx="sum")
        self.add_state("seen", zeros((), dtype=int64), dist_reduce_fx="sum")

    def add(self, values: Tensor) -> None:
        """(N,) values, or (N, columns)."""
        rows = values.detach().to(self.total).reshape(-1, len(self.total))
        known = ~rows.isnan()
        self.total += rows.where(known, rows.new_zeros(())).sum(0)
        self.measured += known.sum(0)
        self.seen += len(rows)

    def means(self) -> Tensor:
        """(columns,) float64; NaN where nothing was measured."""
        return self.total / self.measured

    def compute(self) -> Tensor:
        """Mean over everything measured by all processes, (); (columns,) for more columns."""
        means = self.means()
        return means[0] if len(means) == 1 else means

    def found(self) -> Tensor:
        """Share of what was given that could be measured, () in [0, 1]."""
        return self.measured.min() / self.seen
