"""What one clip yields: plain numbers, written to and read from report.json."""

from dataclasses import asdict, dataclass, field
from typing import Any

PairCounts = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class SystemRecord:
    """One row of one clip. values: column -> finite number; a column that could not be computed is in `absent` instead.

    pairs: {distance: (wins, pairs)}; curve: {shift: mean cosine over valid windows}; both empty where not judged.
    """

    values: dict[str, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    pairs: PairCounts = field(default_factory=dict)
    curve: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ClipRecord:
    """All rows of one clip. key: `corpus/id`, unique in a report. sound_of: key whose sound the unsynced rows have.

    strip: JPEG of sampled frames, one line of pictures a system; kept out of report.json.
    """

    key: str
    corpus: str
    speaker: str
    frames: int
    sound_of: str
    systems: dict[str, SystemRecord]
    strip: bytes = b""


@dataclass(frozen=True)
class Failure:
    """A clip that could not be measured, and why. No clip is dropped in silence."""

    key: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """Everything a run measured, in the order of the clips."""

    records: list[ClipRecord]
    failures: list[Failure]


def record_to_json(record: ClipRecord) -> dict[str, Any]:
    """Plain form, without the strip."""
    plain = asdict(record)
    plain.pop("strip")
    return plain


def record_from_json(plain: dict[str, Any]) -> ClipRecord:
    """Inverse of `record_to_json` (JSON made the integer keys strings)."""
    systems = {name: _system(each) for name, each in plain["systems"].items()}
    return ClipRecord(**{**plain, "systems": systems})


def _system(plain: dict[str, Any]) -> SystemRecord:
    pairs = {int(distance): (int(wins), int(total)) for distance, (wins, total) in plain["pairs"].items()}
    curve = {int(shift): float(value) for shift, value in plain["curve"].items()}
    return SystemRecord(dict(plain["values"]), dict(plain["absent"]), pairs, curve)
