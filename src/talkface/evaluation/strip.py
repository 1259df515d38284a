"""Frame strips for people to look at: one line of pictures a row, as one small JPEG."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from talkface.evaluation.clips import ByteArray

SHOWN = 10
"""Pictures in a line, evenly spread over the clip."""


def draw_strip(rows: Sequence[ByteArray], *, shown: int = SHOWN, quality: int = 80) -> bytes:
    """JPEG with one line a row: rows of (T, H, W, 3) uint8 of equal T -> bytes; empty for no rows."""
    if not rows:
        return b""
    index = np.linspace(0, len(rows[0]) - 1, min(shown, len(rows[0]))).round().astype(int)
    lines = [np.concatenate(list(row[index]), axis=1) for row in rows]
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(lines)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
