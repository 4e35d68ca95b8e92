"""Merge scenarios through the whole gate: the shared ones, our own, and those that are wrong in themselves."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import (
    merge,
    merge_own_evidence,
    merge_own_faults,
    merge_own_hooks,
    merge_own_races,
    merge_own_states,
)
from tests.conformance.merge_own import PUT, REVIEW, answered, scenario
from tests.conformance.merge_services import RedisServer, Services
from tests.conformance.merge_words import Record
from tests.databases import Lent

CASES = os.environ.get("MERGEGATE_CASES")
FILE = "merge_scenarios.jsonl"
MOST_KEPT = 24
"""Of our file so many, the first, which failed once; `make conformance-merge` plays all."""
KEPT = merge.read(Path(__file__).parent / FILE)[:MOST_KEPT]
SHARED = merge.read(Path(CASES) / FILE) if CASES and (Path(CASES) / FILE).exists() else []
OWN = [
    *(*merge_own_races.KILLS, *merge_own_races.RACES, *merge_own_faults.FAULTS),
    *(*merge_own_states.STATES, *merge_own_hooks.WOKEN, *merge_own_hooks.BYPASSES),
    *merge_own_hooks.FOUND_BY_SWEEP,
    *merge_own_evidence.EVIDENCE,
]


@pytest.fixture(scope="session")
def services(lent: Lent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    server = RedisServer(tmp_path_factory.mktemp("scenarios") / "redis")
    yield Services(lent, server)
    server.stop()


def _wrong(services: Services, played: Record) -> list[str]:
    return merge.play(services, played, lambda stage: None)


@pytest.mark.matrix
@pytest.mark.skipif(not SHARED, reason="MERGEGATE_CASES is unset: the shared merge scenarios are not here")
@pytest.mark.parametrize("played", SHARED, ids=lambda played: str(played["id"]))
def test_a_shared_scenario_ends_as_it_has_to(services: Services, played: Record) -> None:
    assert _wrong(services, played) == []


@pytest.mark.matrix
@pytest.mark.parametrize("played", OWN, ids=lambda played: str(played["id"]))
def test_a_scenario_of_our_own_ends_as_it_has_to(services: Services, played: Record) -> None:
    assert _wrong(services, played) == []


@pytest.mark.parametrize("played", KEPT, ids=lambda played: str(played["id"]))
def test_a_scenario_of_our_file_ends_as_it_has_to(services: Services, played: Record) -> None:
    assert _wrong(services, played) == []


WORDS = {
    "a field of given": scenario("wrong", moon={"full": True}),
    "a field of the pull request": scenario("wrong", pr={"moon": "full"}),
    "a verb": scenario("wrong", {"at": "start", "do": "howl"}),
    "a point": scenario("wrong", {"at": "midnight", "do": "tick_sweeper"}),
    "an argument": scenario("wrong", {"at": "start", "do": "tick_sweeper", "times": 2}),
    "a fault at another point": scenario("wrong", {"at": "after_request", "match": PUT, "do": "hang"}),
    "a resource": scenario("wrong", {"at": "before_request", "match": {"resource": "moon"}, "do": "hang"}),
    "an effect": scenario("wrong", {"at": "before_request", "match": PUT, "do": "hang", "effect": "some"}),
    "a field of a review": scenario("wrong", {"at": "start", "do": "add_review", "review": {**REVIEW, "mood": "bad"}}),
    "an assertion": scenario("wrong", expect={"post": [{"check": "moon"}]}),
    "an outcome": scenario("wrong", expect={"outcome": "howled"}),
    "a trigger": scenario("wrong", trigger={"kind": "moon"}),
    "a field of an event": scenario("wrong", trigger={"kind": "webhook", "event": "push", "fields": {"moon": 1}}),
}


@pytest.mark.parametrize("played", WORDS.values(), ids=WORDS)
def test_an_unknown_word_fails_its_scenario(services: Services, played: Record) -> None:
    (said,) = _wrong(services, played)
    assert said.startswith("the scenario can't be played: WrongScenario: ")


OTHERWISE = {
    "outcome": ({"outcome": "blocked"}, "answer: expected blocked"),
    "write": ({"github_writes": [answered(201)]}, "writes: expected"),
    "number of writes": ({"github_writes": []}, "writes: expected"),
    "puts": ({"max_merge_puts": 0}, "merge PUTs: expected at most 0, saw 1"),
    "run that is judged": ({"judge": "Z"}, "answer: the run Z did not report"),
    "audit": ({"post": [{"check": "audit_count", "event": "MERGED", "equals": 2}]}, "audit_count: expected 2, saw 1"),
    "alert": ({"post": [{"check": "alert", "code": "MERGE_PARTIAL"}]}, "alert: expected MERGE_PARTIAL"),
    "issue": ({"post": [{"check": "issue_state", "state": "HOLD"}]}, "issue_state: expected HOLD, saw DONE"),
    "ref": ({"post": [{"check": "refs", "refs": {"refs/heads/main": "B1"}}]}, "refs: refs/heads/main expected B1"),
    "retry": ({"post": [{"check": "retry_not_before_seconds", "seconds": 1}]}, "no retry is planned"),
}


@pytest.mark.parametrize(("expect", "said"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_ends_otherwise_is_told(services: Services, expect: Record, said: str) -> None:
    wrong = _wrong(services, scenario("otherwise", expect=expect))
    assert any(said in line for line in wrong), wrong


def test_a_step_that_is_never_reached_is_wrong(services: Services) -> None:
    step = {
        "at": "before_request",
        "match": {"resource": "update_branch"},
        "nth": 1,
        "do": "advance_clock",
        "seconds": 1,
    }
    assert _wrong(services, scenario("never", step)) == ["step 1 (before_request, advance_clock) was never reached"]


def test_a_guard_against_a_second_merge_need_not_be_reached(services: Services) -> None:
    guard = {"at": "before_request", "match": PUT, "nth": 2, "do": "reply", "status": 405, "effect": "none"}
    assert _wrong(services, scenario("guarded", guard)) == []


def test_the_command_counts_and_shows_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    right, wrong = scenario("right"), copy.deepcopy(WORDS["a verb"])
    file.write_text("\n".join(json.dumps(each) for each in (right, wrong)), encoding="utf-8")
    assert merge.main([str(file)]) == 1
    *_, failed, last = capsys.readouterr().out.splitlines()
    assert failed.startswith("FAILED wrong: the scenario can't be played")
    assert last == "1 passed, 1 failed"


def test_a_file_that_is_none_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert merge.main([str(tmp_path / "nowhere.jsonl")]) == 2
    assert "can't be read" in capsys.readouterr().out
