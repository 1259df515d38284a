"""Times of a file by hand."""

from fractions import Fraction

from talkface.metrics.functional.container import FileTimes, duration_error


def test_gaps_and_duration() -> None:
    late = FileTimes(Fraction(1, 25), Fraction(3), Fraction(0), Fraction(16, 5))
    assert (late.start_gap, late.end_gap, late.duration) == (Fraction(-1, 25), Fraction(1, 5), Fraction(16, 5))
    whole = FileTimes(Fraction(0), Fraction(3), Fraction(0), Fraction(3))
    assert duration_error(late, whole) == Fraction(1, 5)
    assert duration_error(whole, late) == Fraction(-1, 5)
