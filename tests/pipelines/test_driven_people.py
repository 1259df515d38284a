"""What happens to the driven person is noted with its time, logged, and written into the sidecar."""

import io
import json
import logging
from fractions import Fraction

import pytest

from talkface.pipelines.driven import DrivenPeople
from talkface.pipelines.sidecar import Sidecar


def watch(driven: DrivenPeople, rows: list[list[int]], first: int = 0) -> list[tuple[object, ...]]:
    for number, people in enumerate(rows, first):
        driven.see(number, Fraction(number, 25), people)
    return [tuple(event.values()) for event in driven.events]


def test_loss_return_and_change_have_their_time(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "talkface"):
        events = watch(DrivenPeople("clip.mp4"), [[], [3], [3], [], [], [3], [4], []])
    assert events == [(0.12, "lost", 3), (0.2, "returned", 3), (0.24, "changed", 3, 4), (0.28, "lost", 4)]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING", "WARNING"]
    assert "0.12 s: person 3 is lost" in caplog.text and "person 4 is" in caplog.text


def test_a_change_after_a_loss_names_both() -> None:
    assert watch(DrivenPeople("c"), [[0], [], [1]])[1:] == [(0.08, "changed", 0, 1)]


def test_of_several_people_each_comes_and_goes_and_a_first_appearance_is_no_event() -> None:
    events = watch(DrivenPeople("c", several=True), [[0], [0, 1], [1], [0, 1], []])
    assert events == [(0.08, "lost", 0), (0.12, "returned", 0), (0.16, "lost", 0), (0.16, "lost", 1)]


def test_what_is_played_again_brings_no_news() -> None:
    driven = DrivenPeople("c")
    watch(driven, [[0], [], [0]])
    for index in (1, 0, 1, 2):
        driven.see(index, Fraction(9), [0] if index != 1 else [])
    assert len(driven.events) == 2


def test_a_restless_clip_does_not_fill_the_screen(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "talkface"):
        events = watch(DrivenPeople("c"), [[0], []] * 60)
    assert len(events) == 119 and len(caplog.records) == 20


@pytest.mark.parametrize("events", [[], [{"time": 1.0, "event": "lost", "person": 0}] * 2])
def test_the_sidecar_holds_the_events(events: list[dict[str, object]]) -> None:
    file = io.StringIO()
    Sidecar(file, {"fps": "25"}).close(events)
    assert json.loads(file.getvalue()) == {"fps": "25", "frames": [], "events": events}
