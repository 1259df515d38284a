"""A/V offset of each clip, measured by an expert and written into the manifest. Can be run again with a better

expert.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from talkface.corpus import ClipRow, Corpus
from talkface.errors import InputError
from talkface.media import atomic_write_text
from talkface.preparation.progress import show_progress
from talkface.preparation.runner import exclusive, write_rows

logger = logging.getLogger(__name__)
OFFSETS_FILE = "offsets.json"

Measure = Callable[[Corpus, ClipRow], tuple[int, float]]
"""(av_offset in frames, positive when the sound leads; av_confidence >= 0) of one clip."""


def measure_offsets(folder: Path, measure: Measure, *, expert: str) -> Path:
    """Measure every clip of the corpus `folder` and rewrite its rows; the pictures and sounds stay as they are.

    expert: SHA-256 of the weights that measured, noted in offsets.json. Clips that cannot be measured (silent, too
    short) keep None and are counted in the log.
    """
    corpus = Corpus(folder)
    with exclusive(folder):
        rows = corpus.rows()
        measured = [_measured(corpus, row, measure) for row in show_progress(rows, total=len(rows), what="offsets")]
        write_rows(folder, measured)
        found = Counter(row.av_offset for row in measured)
        left_out = found.pop(None, 0)
        note = {"expert_sha256": expert, "measured": len(rows) - left_out, "left_out": left_out}
        atomic_write_text(folder / OFFSETS_FILE, json.dumps(note, indent=1, sort_keys=True) + "\n")
    logger.info("offsets (frames: clips) %s, %d left out", dict(found.most_common()), left_out)
    return folder


def _measured(corpus: Corpus, row: ClipRow, measure: Measure) -> ClipRow:
    if "silent_audio" in row.flags:
        return replace(row, av_offset=None, av_confidence=None)
    try:
        offset, confidence = measure(corpus, row)
    except InputError as error:
        logger.warning("%s: not measured (%s)", row.id, error.what)
        return replace(row, av_offset=None, av_confidence=None)
    return replace(row, av_offset=int(offset), av_confidence=round(float(confidence), 4))
