"""What a mouth must reach: the one table of aims, by column. Weights are held to it, reports say how far they are."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from talkface.evaluation.records import ClipRecord

EASED = "source_by_chance"
"""Value of a row: how far the driver's own mouth follows the source's. `follows_source` may be that much higher in a

single clip, as a perfect result has it too; medians are held to the aim itself.
"""


class Aim(NamedTuple):
    """The range in which a column must lie."""

    low: float = -math.inf
    high: float = math.inf

    def reached(self, value: float, eased: float = 0.0) -> bool:
        """Whether `value` lies in the range, whose upper end is raised by `eased`. NaN does not."""
        return self.low <= value <= self.high + eased

    def text(self) -> str:
        """As read by people: ≥ .8, ≤ .15, .8 to 1.2."""
        low, high = (f"{bound:.2f}" for bound in self)
        if math.isinf(self.high):
            return f"≥ {low}"
        return f"≤ {high}" if math.isinf(self.low) else f"{low} to {high}"


AIMS: dict[str, Aim] = {
    "follows_driver": Aim(low=0.55),
    "follows_source": Aim(high=0.15),
    "amplitude": Aim(0.8, 1.2),
    "closed_in_silence": Aim(low=0.97),
    "movement_in_silence": Aim(high=0.10),
    "sharpness": Aim(0.8, 1.5),
    "colour": Aim(high=3.0),
    "outside": Aim(high=2.0),
    "shake": Aim(high=1.2),
}
FOLLOWS_BY_GROUP = {"demo": 0.55, "anchors": 0.65, "grid": 0.80}
"""`follows_driver` by the group of the sound's clip: the cleaner the speech, the more of it can be heard."""


def aim_of(column: str, group: str) -> Aim:
    """The aim of a column for clips of a group."""
    return Aim(low=FOLLOWS_BY_GROUP.get(group, AIMS[column].low)) if column == "follows_driver" else AIMS[column]


def success(values: Mapping[str, float], group: str) -> bool:
    """Whether one clip reaches every aim; a column that could not be measured is not reached."""
    eased = {"follows_source": max(0.0, values.get(EASED, 0.0))}
    return all(aim_of(column, group).reached(values.get(column, math.nan), eased.get(column, 0.0)) for column in AIMS)


def group_of(key: str) -> str:
    """The group of a clip's key, `group/name`."""
    return key.partition("/")[0]


def aims_reached(records: Sequence[ClipRecord], row: str) -> dict[str, Any]:
    """{column or column (group): {aim, median, n, of, reached}} of one row; empty where no record has the family.

    Medians over the clips that have the value; reached only if as many have it as not.
    """
    some = [record for record in records if row in record.systems and "success" in record.values(row)]
    held: dict[str, tuple[Aim, list[ClipRecord]]] = {}
    for column in AIMS:
        groups = {group_of(each.sound_of) for each in some} if column == "follows_driver" else {""}
        for group in sorted(groups):
            chosen = [each for each in some if group in ("", group_of(each.sound_of))]
            held[f"{column} ({group})" if group else column] = (aim_of(column, group), chosen)
    return {
        name: _reached(aim, [each.values(row).get(name.partition(" ")[0]) for each in chosen])
        for name, (aim, chosen) in held.items()
        if chosen
    }


def _reached(aim: Aim, values: Sequence[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    middle = median(known) if known else math.nan
    enough = 2 * len(known) >= len(values)
    return {
        "aim": aim.text(),
        "median": middle,
        "n": len(known),
        "of": len(values),
        "reached": enough and aim.reached(middle),
    }
