"""What every accumulator must do, checked in one place for each line of `CASES`.

A case is a metric, the inputs of a few updates, and what the pure functions make of all inputs at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from talkface.metrics.container import FileAlignment
from talkface.metrics.frechet import FrechetDistance
from talkface.metrics.functional import frechet, identity, image, landmark, motion, mouth, sync
from talkface.metrics.functional.container import FileTimes
from talkface.metrics.functional.lpips import lpips
from talkface.metrics.functional.sharpness import cpbd
from talkface.metrics.identity import Csim
from talkface.metrics.image import Lpips, MsSsim, Psnr, Ssim
from talkface.metrics.landmark import LandmarkDistance
from talkface.metrics.motion import BlinkRate, Jitter, MouthLeak, PoseError
from talkface.metrics.mouth import LineStrength, MouthShapeError, VisemeAccuracy
from talkface.metrics.sharpness import Cpbd
from talkface.metrics.sync import LipSyncError, PairAccuracy

UPDATES = 5
FPS = Fraction(25)
HEADS = [torch.linspace(0, 1, 3), torch.linspace(1, 2, 3)]
Update = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """build: a fresh metric. given: arguments of update `i`. expected: plain result over all updates."""

    name: str
    build: Callable[[], Any]
    given: Callable[[int], Update]
    expected: Callable[[list[Update]], Any]


def random(index: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(index))


def embeddings(index: int) -> Update:
    content = random(index, 14 + 3 * index, 8)
    return (content, content + 0.8 * random(index + 50, *content.shape)), {}


def pictures(height: int, width: int) -> Callable[[int], Update]:
    def given(index: int) -> Update:
        first = random(index, 1 + index % 3, 3, height, width)
        return (first, (first + 0.1 * random(index + 50, *first.shape)).clamp(0, 1)), {}

    return given


def alone(given: Callable[[int], Update]) -> Callable[[int], Update]:
    return lambda index: (given(index)[0][:1], {})


def points(index: int) -> Update:
    made = 20 * random(index, 6, 68, 2)
    made[index % 6] = torch.nan
    return (made, 20 * random(index + 50, 6, 68, 2)), {}


def angles(index: int) -> Update:
    made = 360 * random(index, 4, 3)
    made[index % 4] = torch.nan
    return (made, 360 * random(index + 50, 4, 3)), {}


def movement(index: int) -> Update:
    silent = torch.arange(20) < 4 + index
    return (random(index, 19), silent if index else torch.zeros(20, dtype=torch.bool)), {}


def openings(index: int) -> Update:
    return (0.1 + 0.3 * random(index, 50),), {}


def halves(index: int) -> Update:
    return (random(index, 3 + index, 3, 4, 4),), {"real": index % 2 == 0}


def times(index: int) -> Update:
    return (FileTimes(Fraction(index, 50), Fraction(3), Fraction(0), Fraction(3) + Fraction(index, 100)),), {}


def shapes(index: int) -> Update:
    true = random(index + 50, 5 + index, 6)
    true[index % 5, 2] = torch.nan
    return (random(index, 5 + index, 6), true), {}


def known(values: Tensor) -> Tensor:
    return values[~values.isnan()].mean()


def features(picture: Tensor) -> Tensor:
    return picture.mean((2, 3))


def maps(picture: Tensor) -> list[Tensor]:
    return [picture + 0.1, picture[:, :, ::2, ::2] - 0.5]


def column(updates: list[Update], place: int = 0) -> list[Any]:
    return [arguments[place] for arguments, _ in updates]


def joined(updates: list[Update]) -> list[Tensor]:
    return [torch.cat(column(updates, place)) for place in range(len(updates[0][0]))]


def mean_by_clip(function: Callable[..., float]) -> Callable[[list[Update]], float]:
    def expected(updates: list[Update]) -> float:
        values = torch.tensor([function(*arguments) for arguments, _ in updates])
        return float(values[~values.isnan()].mean())

    return expected


def accuracy(updates: list[Update]) -> float:
    return sync.accuracy_of(sync.add_pair_counts(sync.pair_accuracy(*arguments) for arguments, _ in updates))


def lse(updates: list[Update]) -> dict[str, float]:
    scores = [sync.lse(*arguments) for arguments, _ in updates]
    offsets = [sync.measure_offset(*arguments).offset for arguments, _ in updates]
    return {
        "lse_distance": sum(score.distance for score in scores) / len(scores),
        "lse_confidence": sum(score.confidence for score in scores) / len(scores),
        "offset_share": sum(abs(offset) <= 1 for offset in offsets) / len(offsets),
    }


def fid(updates: list[Update]) -> float:
    sets = [torch.cat([a[0] for a, given in updates if given["real"] is real]) for real in (False, True)]
    return float(frechet.frechet_distance(*(frechet.moments(features(each)) for each in sets)))


def file_gaps(updates: list[Update]) -> list[float]:
    gaps = [(abs(float(each.start_gap)), abs(float(each.end_gap))) for each in column(updates)]
    return torch.tensor(gaps).mean(0).tolist()


CASES = [
    Case("pair_accuracy", PairAccuracy, embeddings, accuracy),
    Case("lse", LipSyncError, embeddings, lse),
    Case("ssim", Ssim, pictures(12, 14), lambda u: image.ssim(*joined(u)).mean()),
    Case("psnr", Psnr, pictures(12, 14), lambda u: image.psnr_of(image.squared_error(*joined(u)).mean())),
    Case("ms_ssim", lambda: MsSsim(2), pictures(22, 30), lambda u: image.ms_ssim(*joined(u), scales=2).mean()),
    Case(
        "lpips",
        lambda: Lpips(maps, HEADS),
        pictures(12, 14),
        lambda u: lpips(*(maps(each) for each in joined(u)), HEADS).mean(),
    ),
    Case("cpbd", Cpbd, alone(pictures(64, 70)), lambda u: cpbd(*joined(u)).mean()),
    Case(
        "csim", Csim, lambda i: ((random(i, 3, 8), random(i + 9, 3, 8)), {}), lambda u: identity.csim(*joined(u)).mean()
    ),
    Case("lmd", LandmarkDistance, points, lambda u: landmark.lmd(*joined(u))[0]),
    Case(
        "face_landmarks",
        lambda: LandmarkDistance(region="face"),
        points,
        lambda u: landmark.lmd(*joined(u), region="face")[0],
    ),
    Case("fid", lambda: FrechetDistance(features, size=3), halves, fid),
    Case("jitter", Jitter, alone(points), mean_by_clip(motion.jitter)),
    Case("leak", MouthLeak, movement, mean_by_clip(motion.mouth_leak)),
    Case("blinks", lambda: BlinkRate(FPS), openings, mean_by_clip(lambda ratio: motion.blink_rate(ratio, FPS))),
    Case("pose", PoseError, angles, lambda u: motion.angle_error(*joined(u))),
    Case("mouth_error", MouthShapeError, shapes, lambda u: known(mouth.shape_error(*joined(u)))),
    Case(
        "visemes",
        lambda: VisemeAccuracy(random(99, 4, 6)),
        shapes,
        lambda u: known(mouth.same_drawing(*joined(u), random(99, 4, 6))),
    ),
    Case(
        "lines",
        LineStrength,
        pictures(12, 14),
        lambda u: (mouth.line_strength(joined(u)[0]) / mouth.line_strength(joined(u)[1])).mean(),
    ),
    Case("file", FileAlignment, times, file_gaps),
]
BY_NAME = {case.name: case for case in CASES}


def plain(result: Any) -> list[float]:
    """Any result of `compute` as numbers."""
    if isinstance(result, dict):
        return [float(value) for value in result.values()]
    return torch.as_tensor(result, dtype=torch.float64).flatten().tolist()


def run(case: Case, order: list[int]) -> Any:
    """The metric after the updates of `order`."""
    metric = case.build()
    for index in order:
        arguments, named = case.given(index)
        metric.update(*arguments, **named)
    return metric
