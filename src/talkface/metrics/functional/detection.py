"""How many faces a detector finds, and how many of its finds are faces."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


def match_faces(found: Boxes, wanted: Boxes, *, overlap: float = 0.5) -> tuple[int, int, int]:
    """(right, found, wanted) counts of one picture.

    found: (F, 4), the surest first; wanted: (G, 4); pixels. A find is right when its IoU with a wanted face that no
    surer find has taken is at least `overlap`. Recall is right / wanted, precision right / found.
    """
    free = list(range(len(wanted)))
    right = 0
    for box in found:
        scores = [_iou(box, wanted[place]) for place in free]
        if scores and max(scores) >= overlap:
            free.pop(int(np.argmax(scores)))
            right += 1
    return right, len(found), len(wanted)


def _iou(first: Boxes, second: Boxes) -> float:
    size = np.clip(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0, None)
    both = float(size.prod())
    return both / max(float((first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod()) - both, 1e-6)
