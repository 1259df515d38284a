"""What one clip yields: plain numbers, written to and read from report.json."""

import base64
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

PairCounts = dict[int, tuple[int, int]]
Features = Mapping[str, Mapping[str, npt.NDArray[np.float32]]]


@dataclass(frozen=True)
class SystemRecord:
    """One row of one clip. values: column -> finite number; a column that could not be computed is in `absent` instead.

    pairs: {distance: (wins, pairs)}; curve: {shift: mean cosine over valid windows}; both empty where not judged.
    speech_pairs: those pairs of which at least one sound is speech.
    """

    values: dict[str, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    pairs: PairCounts = field(default_factory=dict)
    curve: dict[int, float] = field(default_factory=dict)
    speech_pairs: PairCounts = field(default_factory=dict)


@dataclass(frozen=True)
class ClipRecord:
    """All rows of one clip. key: `corpus/id`, unique in a report. sound_of: key whose sound the unsynced rows have.

    strip: JPEG of sampled frames, one line of pictures a system. features: row -> {fid | fvd: (n, D)}, what the columns
    of whole sets are made of. Both are kept out of report.json.
    """

    key: str
    corpus: str
    speaker: str
    frames: int
    sound_of: str
    systems: dict[str, SystemRecord]
    strip: bytes = b""
    features: Features = field(default_factory=dict)

    @property
    def clip(self) -> str:
        """Key of the clip itself: where it stands in several pairs, `key` names the sound too."""
        return self.key.removesuffix(f" + {self.sound_of}")

    def values(self, system: str) -> dict[str, float]:
        """Numbers of one row; empty where the clip has no such row."""
        return self.systems[system].values if system in self.systems else {}


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
    plain = asdict(replace(record, features={}))
    plain.pop("strip")
    plain["features"] = _text(record.features)
    return plain


def record_from_json(plain: dict[str, Any]) -> ClipRecord:
    """Inverse of `record_to_json` (JSON made the integer keys strings); a report's records come without features."""
    systems = {name: _system(each) for name, each in plain["systems"].items()}
    return ClipRecord(**{**plain, "systems": systems, "features": _features(plain.get("features", ""))})


def _text(features: Features) -> str:
    """Features as text; empty for none."""
    if not features:
        return ""
    buffer = io.BytesIO()
    np.savez(buffer, **{f"{row}|{name}": each for row, named in features.items() for name, each in named.items()})  # type: ignore[arg-type]
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _features(text: str) -> Features:
    found: dict[str, dict[str, npt.NDArray[np.float32]]] = {}
    if text:
        with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as arrays:
            for key in arrays.files:
                row, name = key.split("|")
                found.setdefault(row, {})[name] = arrays[key]
    return found


def _system(plain: dict[str, Any]) -> SystemRecord:
    pairs, speech_pairs = (
        {int(distance): (int(wins), int(total)) for distance, (wins, total) in plain.get(name, {}).items()}
        for name in ("pairs", "speech_pairs")
    )
    curve = {int(shift): float(value) for shift, value in plain["curve"].items()}
    return SystemRecord(dict(plain["values"]), dict(plain["absent"]), pairs, curve, speech_pairs)
