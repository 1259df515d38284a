"""Accumulators of drawn mouths, over frames. Formulas: functional/mouth. Frames of unknown truth (NaN) do not count."""

from torch import Tensor

from talkface.metrics.functional import mouth
from talkface.metrics.mean import MeanOfMeasured


class MouthShapeError(MeanOfMeasured):
    """Mean absolute difference of the numbers that describe a mouth."""

    higher_is_better = False

    def update(self, found: Tensor, true: Tensor) -> None:
        """One clip: (T, P) numbers as read from the pictures, and as they were drawn."""
        self.add(mouth.shape_error(found, true))


class VisemeAccuracy(MeanOfMeasured):
    """Share of frames in which the mouth is the drawing that an animator would take."""

    higher_is_better = True

    def __init__(self, drawings: Tensor) -> None:
        """drawings: (D, P), the numbers of each drawing there is."""
        super().__init__()
        self.drawings = drawings

    def update(self, found: Tensor, true: Tensor) -> None:
        """As `MouthShapeError.update`."""
        self.add(mouth.same_drawing(found, true, self.drawings.to(found)))


class LineStrength(MeanOfMeasured):
    """Mean strength of the lines of made pictures as a share of that of the true ones; 1 is as strong."""

    higher_is_better: bool | None = None  # neither: it should be 1

    def update(self, made: Tensor, true: Tensor) -> None:
        """One clip: (T, 3, H, W) pictures in [0, 1]."""
        self.add(mouth.line_strength(made) / mouth.line_strength(true))
