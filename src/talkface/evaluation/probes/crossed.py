"""Cross-validated probes: every clip is judged by a map that was fitted without it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.probes.fits import Affine, fit_logistic, fit_ridge

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""Of which the one is taken that is best on a part of the training clips."""
FOLDS = 5


@dataclass(frozen=True)
class ProbeClip:
    """What is probed of one clip of T frames. codes: name → (T, D). targets: name → (T,), NaN where not known."""

    key: str
    speaker: str
    codes: Mapping[str, npt.NDArray[np.float32]]
    targets: Mapping[str, npt.NDArray[np.float32]]


class Counts(NamedTuple):
    """Per clip, in order: a sum of errors (or hits) and what it is compared with. `share` is their ratio."""

    above: FloatArray
    below: FloatArray

    def share(self, draw: Bootstrap, groups: Sequence[str] | None = None) -> Interval:
        """Interval of sum(above) / sum(below); whole groups are drawn where given."""
        return draw.ratio(self.above, self.below, None if groups is None else [(group,) for group in groups])


def folds_by(names: Sequence[str], count: int = FOLDS) -> IntArray:
    """(n,) fold of each entry; equal names share one. names: speakers, so that no person is on both sides."""
    order = {name: place % count for place, name in enumerate(sorted(set(names)))}
    return np.array([order[name] for name in names], np.int64)


def folds_within(speakers: Sequence[str], count: int = FOLDS) -> IntArray:
    """(n,) fold of each clip so that every speaker's clips are spread over the folds; -1: the speaker's only clip."""
    seen: dict[str, int] = {}
    places = []
    for speaker in speakers:
        places.append(seen.get(speaker, 0))
        seen[speaker] = places[-1] + 1
    return np.array([-1 if seen[s] == 1 else p % count for s, p in zip(speakers, places, strict=True)], np.int64)


def explained(clips: Sequence[ProbeClip], code: str, target: str) -> Counts:
    """Ridge: squared errors of each clip over those of the training clips' mean; 1 - share is R², chance exactly 0.

    Folds by speaker: how well the map reads a person it has not seen.
    """
    rows = [np.flatnonzero(np.isfinite(clip.targets[target])) for clip in clips]
    x = [clip.codes[code][known].astype(np.float64) for clip, known in zip(clips, rows, strict=True)]
    y = [clip.targets[target][known, None].astype(np.float64) for clip, known in zip(clips, rows, strict=True)]
    folds = folds_by([clip.speaker for clip in clips])
    above, below = np.zeros(len(clips)), np.zeros(len(clips))
    for fold in np.unique(folds):
        train = np.flatnonzero(folds != fold)
        if not sum(len(y[i]) for i in train):
            continue
        read = _tuned(lambda some, p: fit_ridge(_joined(x, some), _joined(y, some), p), _squares(x, y), train, folds)
        mean = _joined(y, train).mean(0)
        for i in np.flatnonzero(folds == fold):
            above[i], below[i] = float(np.square(read(x[i]) - y[i]).sum()), float(np.square(mean - y[i]).sum())
    return Counts(above, below)


def recognised(clips: Sequence[ProbeClip], code: str) -> tuple[Counts, float]:
    """Logistic: frames of each clip whose speaker is named right, over its frames; and the share that chance gives.

    Folds within speakers: the map knows the people from other clips. Chance: always naming who has most frames.
    People with one clip are left out.
    """
    folds = folds_within([clip.speaker for clip in clips])
    names = sorted({clip.speaker for clip, fold in zip(clips, folds, strict=True) if fold >= 0})
    x = [clip.codes[code].astype(np.float64) for clip in clips]
    numbers = [names.index(clip.speaker) if clip.speaker in names else -1 for clip in clips]
    y = [np.full(len(each), number) for number, each in zip(numbers, x, strict=True)]
    above, below = np.zeros(len(clips)), np.zeros(len(clips))
    for fold in np.unique(folds[folds >= 0]):
        train = np.flatnonzero((folds >= 0) & (folds != fold))

        def fit(some: IntArray, penalty: float) -> Affine:
            return fit_logistic(_joined(x, some), _joined(y, some), len(names), penalty)

        read = _tuned(fit, _misses(x, y), train, folds)
        for i in np.flatnonzero(folds == fold):
            above[i], below[i] = float((read(x[i]).argmax(1) == y[i]).sum()), float(len(y[i]))
    frames = np.bincount(np.concatenate([each for each, fold in zip(y, folds, strict=True) if fold >= 0]))
    return Counts(above, below), float(frames.max() / frames.sum())


Fit = Callable[[IntArray, float], Affine]
Loss = Callable[[Affine, IntArray], float]


def _tuned(fit: Fit, loss: Loss, train: IntArray, folds: IntArray) -> Affine:
    """A map fitted to the clips `train`, by the penalty that is best on one fold of them when fitted to the others."""
    held = np.unique(folds[train])[-1]
    inner, outer = train[folds[train] != held], train[folds[train] == held]
    if not len(inner):
        return fit(train, PENALTIES[len(PENALTIES) // 2])
    losses = [loss(fit(inner, penalty), outer) for penalty in PENALTIES]
    return fit(train, PENALTIES[int(np.argmin(losses))])


def _squares(x: Sequence[FloatArray], y: Sequence[FloatArray]) -> Loss:
    return lambda read, some: float(sum(np.square(read(x[i]) - y[i]).sum() for i in some))


def _misses(x: Sequence[FloatArray], y: Sequence[IntArray]) -> Loss:
    return lambda read, some: float(sum((read(x[i]).argmax(1) != y[i]).sum() for i in some))


def _joined(parts: Sequence[npt.NDArray], some: IntArray) -> npt.NDArray:  # type: ignore[type-arg]
    return np.concatenate([parts[i] for i in some])
