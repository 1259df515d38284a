"""One column of a report: what it is called, what exactly it measures, and which way is better."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measure:
    """One column. better: `higher`, `lower`, `zero` (the nearer to 0) or `real` (the nearer to the real clip).

    note: the exact definition. family: what `metrics=` chooses.
    """

    name: str
    title: str
    unit: str
    better: str
    decimals: int
    note: str
    family: str

    def describe(self) -> dict[str, str | int]:
        """Plain form for report.json."""
        return asdict(self)
