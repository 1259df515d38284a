"""Any clips side by side under their names: `python infer.py pipeline=compare videos=[a.mp4,b.mp4]`."""

import logging
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.media import probe
from talkface.media.formats import format_of
from talkface.pipelines.comparison import Panel, write_comparison
from talkface.pipelines.files import check_outputs, check_sound, output_of, probe_pictures
from talkface.pipelines.options import check_rate
from talkface.pipelines.progress import progress
from talkface.pipelines.values import optional_number, path_of, quality_of, switch_of

logger = logging.getLogger(__name__)


def run(config: Mapping[str, Any]) -> Path:
    """What configs/pipeline/compare.yaml describes. Returns the output's path. InputError: bad input."""
    panels = read_panels(config)
    output = output_of(config, [panel.path for panel in panels], ".compare.mp4")
    format_of(output)
    audio = _sound(config, panels)
    check_outputs([output], [*(panel.path for panel in panels), audio], force=switch_of(config, "force"))
    rate = optional_number(config, "fps")
    fps = None if rate is None else Fraction(rate).limit_denominator(1001)
    if fps is not None and fps <= 0:
        raise InputError("a value must be positive", f"fps={rate}", "give a number above 0")
    check_rate(fps or Fraction(1))
    with progress("comparison", None, shown=switch_of(config, "progress", default=True)) as advance:
        write_comparison(panels, output, audio=audio, fps=fps, crf=quality_of(config), advance=advance)
    logger.info("wrote %s", output)
    return output


def read_panels(config: Mapping[str, Any]) -> list[Panel]:
    """Clips and their labels. InputError: none, another number of labels, a file without pictures."""
    videos, labels = _texts(config.get("videos")), _texts(config.get("labels"))
    if not videos:
        raise InputError("nothing to compare", "videos=", "give videos=[a.mp4,b.mp4]")
    if labels and len(labels) != len(videos):
        remedy = "give one label a clip, or none"
        raise InputError(f"{len(labels)} labels for {len(videos)} clips", f"labels={labels}", remedy)
    panels = [Panel(label, Path(video)) for label, video in zip(labels or _names(videos), videos, strict=True)]
    for panel in panels:
        probe_pictures(panel.path, "give a video or a picture")
    return panels


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, Sequence) and not isinstance(value, str) else [str(value)]


def _names(videos: Sequence[str]) -> list[str]:
    return [Path(video).stem for video in videos]


def _sound(config: Mapping[str, Any], panels: Sequence[Panel]) -> Path | None:
    """The given sound, else that of the first clip that has one. InputError: the given file has none."""
    if config.get("audio") is None:
        return next((panel.path for panel in panels if probe(panel.path).has_audio), None)
    audio = path_of(config, "audio")
    check_sound(audio)
    return audio
