"""The circuit breaker: shut after the first failure, tried by one at a time, open to all after a success."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.web.breaker import Breaker, Broken


class Trouble(Exception):
    """What is guarded against."""


def test_it_lets_everything_through_at_first() -> None:
    breaker = Breaker()
    with breaker.guarded(Trouble), breaker.guarded(Trouble):
        pass


def test_after_a_failure_only_one_at_a_time_tries() -> None:
    breaker = _broken()
    entered, leave = threading.Event(), threading.Event()

    def probe() -> None:
        with breaker.guarded(Trouble):
            entered.set()
            leave.wait(10)

    with ThreadPoolExecutor() as pool:
        probing = pool.submit(probe)
        entered.wait(10)
        with pytest.raises(Broken), breaker.guarded(Trouble):
            pass
        leave.set()
        probing.result(10)
    with breaker.guarded(Trouble), breaker.guarded(Trouble):
        pass


def test_a_failed_probe_keeps_it_shut_and_the_next_may_probe() -> None:
    breaker = _broken()
    with pytest.raises(Trouble), breaker.guarded(Trouble):
        raise Trouble
    with breaker.guarded(Trouble), pytest.raises(Broken), breaker.guarded(Trouble):
        pass


def test_another_error_does_not_shut_it() -> None:
    breaker = Breaker()
    with pytest.raises(KeyError), breaker.guarded(Trouble):
        raise KeyError
    with breaker.guarded(Trouble), breaker.guarded(Trouble):
        pass


def _broken() -> Breaker:
    breaker = Breaker()
    with pytest.raises(Trouble), breaker.guarded(Trouble):
        raise Trouble
    return breaker
