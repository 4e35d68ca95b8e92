"""What many processes ask at once is never granted beyond a limit; without Redis nothing is granted."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from app.governor import Governor, LimitsUnavailable, Slot, Told
from app.governor.governor import CONTENT_A_MINUTE, MOST_READINGS_AT_ONCE
from tests.app.governor import asked
from tests.app.governor.asked import CONTENT, HERE, NOTIFYING, NOW, QUIET

PROCESSES = 4
EVALUATIONS = 7
NOBODY_THERE = "redis://127.0.0.1:1/0"
Ask = Callable[[Governor, str], object]


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def _take_quiet(governor: Governor, target: str) -> object:
    return governor.take_turn(HERE, QUIET, target, NOW)


def _take_notifying(governor: Governor, target: str) -> object:
    return governor.take_turn(HERE, NOTIFYING, target, NOW)


def _take_content(governor: Governor, target: str) -> object:
    return governor.take_turn(HERE, CONTENT, target, NOW)


def _take_evaluation(governor: Governor, target: str) -> object:
    return governor.take_evaluation(HERE, NOW)


def _begin(governor: Governor, target: str) -> object:
    slot = governor.begin(HERE, "core", None, NOW)
    return None if isinstance(slot, Slot) else slot


def _granted(redis_url: str, spacing: int, ask: Ask, process: int) -> int:
    governor = asked.governor(redis_url, spacing=spacing, notifying=spacing, evaluations=EVALUATIONS)
    return [ask(governor, f"{process} {each}") for each in range(50)].count(None)


@pytest.mark.parametrize(
    ("ask", "spacing", "most"),
    [
        (_take_quiet, 1, 1),
        (_take_notifying, 3, 1),
        (_take_content, 0, CONTENT_A_MINUTE),
        (_take_notifying, 0, CONTENT_A_MINUTE),
        (_take_evaluation, 0, EVALUATIONS),
        (_begin, 0, MOST_READINGS_AT_ONCE),
    ],
)
def test_processes_share_each_limit(
    redis_db: str, processes: ProcessPoolExecutor, ask: Ask, spacing: int, most: int
) -> None:
    asking = [processes.submit(_granted, redis_db, spacing, ask, process) for process in range(PROCESSES)]
    assert sum(each.result() for each in asking) == most


def test_the_evaluations_of_a_minute_are_counted_for_each_installation(redis_db: str) -> None:
    governor = asked.governor(redis_db, evaluations=2)
    assert [governor.take_evaluation(5, asked.after(seconds)) for seconds in (0, 20)] == [None, None]
    assert governor.take_evaluation(5, asked.after(59)) == asked.after(60)
    assert governor.take_evaluation(6, asked.after(59)) is None
    assert governor.take_evaluation(5, asked.after(60)) is None
    assert governor.take_evaluation(5, asked.after(61)) == asked.after(80)


ASKS = [
    lambda governor: governor.take_evaluation(HERE, NOW),
    lambda governor: governor.take_turn(HERE, QUIET, "a", NOW),
    lambda governor: governor.next_turn(HERE, QUIET, "a", NOW),
    lambda governor: governor.begin(HERE, "core", None, NOW),
    lambda governor: governor.end(Slot(HERE, "core", "t", NOW), Told(), NOW),
    lambda governor: governor.seen(NOW),
]


@pytest.mark.parametrize("ask", ASKS)
def test_without_redis_every_answer_is_no(ask: Callable[[Governor], object]) -> None:
    with pytest.raises(LimitsUnavailable):
        ask(asked.governor(NOBODY_THERE))


@pytest.mark.parametrize("warm", ["warm", "cold"])
def test_a_stopped_redis_grants_nothing(frozen_redis: tuple[str, int], warm: str) -> None:
    url, process_id = frozen_redis
    governor = asked.governor(url)
    if warm == "warm":
        assert governor.take_turn(HERE, QUIET, "a", NOW) is None
    os.kill(process_id, signal.SIGSTOP)
    with pytest.raises(LimitsUnavailable):
        governor.take_turn(HERE, QUIET, "b", asked.after(10))
    with pytest.raises(LimitsUnavailable):
        governor.begin(HERE, "core", "quiet", asked.after(10))
