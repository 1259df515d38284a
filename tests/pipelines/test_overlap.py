"""Threads with bounded queues: order, errors, closing, and how far ahead they run."""

import threading
import time

import pytest

from talkface.pipelines.overlap import run_ahead


def alive():
    return [thread for thread in threading.enumerate() if thread.name.startswith("test-")]


def test_order_is_kept_and_the_thread_ends():
    assert list(run_ahead(iter(range(100)), capacity=3, name="test-a")) == list(range(100))
    assert not alive()


def test_an_error_arrives_at_its_place():
    def source():
        yield 1
        yield 2
        raise ZeroDivisionError("there")

    got = []
    with pytest.raises(ZeroDivisionError, match="there"):
        for item in run_ahead(source(), capacity=1, name="test-b"):
            got.append(item)
    assert got == [1, 2] and not alive()


def test_keyboard_interrupt_in_the_source_arrives():
    def source():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        list(run_ahead(source(), capacity=1, name="test-k"))


def test_closing_ends_both_threads_and_closes_the_sources():
    closed = []

    def endless(name):
        try:
            number = 0
            while True:
                yield number
                number += 1
        finally:
            closed.append((name, threading.current_thread().name))

    def doubled(source):
        try:
            for item in source:
                yield 2 * item
        finally:
            source.close()

    inner = run_ahead(endless("inner"), capacity=2, name="test-inner")
    outer = run_ahead(doubled(inner), capacity=2, name="test-outer")
    assert [next(outer) for _ in range(3)] == [0, 2, 4]
    outer.close()
    assert closed == [("inner", "test-inner")] and not alive()


def test_it_runs_ahead_but_not_further_than_its_room():
    made = []

    def source():
        for number in range(50):
            made.append(number)
            yield number

    items = run_ahead(source(), capacity=4, name="test-room")
    next(items)
    time.sleep(0.3)
    assert 2 < len(made) <= 6  # one taken, four waiting, one in the producer's hand
    items.close()
