"""What is measured: clips of corpora, or files made by anybody. Each job opens its own tools in each process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from talkface.evaluation.files import FilePair, other_pair, read_pair, sound_of_file
from talkface.evaluation.networks import (
    PCAVS,
    Opened,
    OpenNetwork,
    Settings,
    make_cache,
    make_instruments,
    open_networks,
)
from talkface.evaluation.trials import Trial

if TYPE_CHECKING:
    from talkface.evaluation.cache import FeatureCache
    from talkface.evaluation.clips import Clip
    from talkface.evaluation.records import ClipRecord


@dataclass(frozen=True)
class SplitJob:
    """The trials of a protocol on prepared clips."""

    settings: Settings
    open_network: OpenNetwork
    trials: Sequence[Trial]

    @cached_property
    def keys(self) -> list[str]:
        """As `runner.Job`."""
        return [trial.key for trial in self.trials]

    def content(self, index: int) -> list[str]:
        """As `runner.Job`."""
        trial = self.trials[index]
        return ["" if each is None else each.content for each in (trial.clip, trial.other, trial.pose)]

    def open(self) -> "Callable[[int], ClipRecord]":
        """As `runner.Job`."""
        from talkface.evaluation.clips import read_sound
        from talkface.evaluation.systems import measure_clip

        cache, opened = make_cache(self.settings), open_networks(self.settings, self.open_network)
        tools = make_instruments(self.settings, opened, cache)

        def measure(index: int) -> "ClipRecord":
            trial = self.trials[index]
            other = None if trial.other is None else (trial.other.key, read_sound(trial.other))
            return measure_clip(self._clip(trial, opened, cache), other, tools)

        return measure

    def _clip(self, trial: Trial, opened: Opened, cache: "FeatureCache") -> "Clip":
        """The trial's clip; with PC-AVS's pictures where the protocol is one of that family."""
        from talkface.evaluation.clips import read_clip

        if self.settings["protocol"]["generator"] != PCAVS:
            return replace(read_clip(trial.clip, cache), key=trial.key)
        from talkface.evaluation.posed import posed_clip

        network, form = opened.generator, {key: self.settings[key] for key in ("batch", "device")}
        return posed_clip(trial, network, network.weights_sha256, cache, **form)


@dataclass(frozen=True)
class FilesJob:
    """Results and originals, paired."""

    settings: Settings
    open_network: OpenNetwork
    pairs: Sequence[FilePair]

    @cached_property
    def keys(self) -> list[str]:
        """As `runner.Job`."""
        return [pair.key for pair in self.pairs]

    def content(self, index: int) -> list[str]:
        """As `runner.Job`."""
        other = other_pair(self.pairs, index)
        return [*self.pairs[index].content, "" if other is None else other.content[1]]

    def open(self) -> "Callable[[int], ClipRecord]":
        """As `runner.Job`."""
        from talkface.evaluation.systems import measure_clip
        from talkface.face import build_detector

        cache, opened = make_cache(self.settings), open_networks(self.settings, self.open_network)
        tools = make_instruments(self.settings, opened, cache)
        detector = build_detector("mtcnn", device=self.settings["device"])

        def measure(index: int) -> "ClipRecord":
            clip = read_pair(self.pairs[index], detector, cache)
            other = other_pair(self.pairs, index)
            sound = None if other is None else (other.key, sound_of_file(other.reference, len(clip.crops)))
            return measure_clip(clip, sound, tools)

        return measure
