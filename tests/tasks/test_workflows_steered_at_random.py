"""Whatever operators do to a workflow while workers die, it comes to its end once it may, and has its effect once.

`STEERED_SEEDS` says how many ways are tried of each.
"""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import pytest

from app.workflows.pausing import Scope
from tasks import sweep
from tests.tasks import merging, steering
from tests.tasks.agency import agency
from tests.tasks.house import REPOSITORY, Died, House
from tests.tasks.steering import listed

SEEDS = range(int(os.environ.get("STEERED_SEEDS", "3")))
MOST_DEEDS = 14
ROUNDS = 3
"""The App's own token is made by the real clock and lives for five minutes, so all of it takes less."""


@dataclass
class Chance:
    """One way that things may go, for the workflows of a type."""

    house: House
    type: str
    odds: random.Random
    scopes: tuple[Scope, ...] = field(init=False)
    also: tuple[Callable[[], None], ...] = field(init=False)

    def __post_init__(self) -> None:
        """A handoff that is cancelled is over for good."""
        self.scopes = (Scope("type", self.type), Scope("repository", REPOSITORY))
        self.also = () if self.type == "pull_request_handoff" else (self.cancel,)

    def happen(self) -> None:
        """A few deeds of workers and operators, each in the middle of whatever is under way."""
        for _ in range(self.odds.randint(4, MOST_DEEDS)):
            self.odds.choice((self.work, self.work, self.die, self.retry, self.pause, self.resume, *self.also))()
            assert steering.disagreeing(self.house) == []

    def work(self) -> None:
        if self.house.sent:
            self.house.run(*self.house.sent.pop(self.odds.randrange(len(self.house.sent))))

    def die(self) -> None:
        """At some checkpoint, or not at all where that is behind the last."""
        left = self.odds.randint(1, 12)
        meanwhile = self.odds.choice((self.pause, lambda: None, *self.also))

        def count(name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                if "before_commit" not in name:  # where the worker would wait for who waits for it
                    meanwhile()
                if self.odds.random() < 0.5:
                    raise Died

        alive, self.house.context = self.house.context, replace(self.house.context, checkpoint=count)
        with suppress(Died):
            self.work()
        self.house.context = replace(self.house.context, checkpoint=alive.checkpoint)

    def cancel(self) -> None:
        steering.cancel(self.house, self._one())

    def retry(self) -> None:
        steering.retry(self.house, self._one())

    def pause(self) -> None:
        steering.pause(self.house, self.odds.choice(self.scopes))

    def resume(self) -> None:
        steering.resume(self.house, self.odds.choice(self.scopes))

    def come_to_an_end(self, is_over: Callable[[], bool]) -> None:
        """Nobody dies any more, all is resumed, and what has stopped is retried."""
        for scope in self.scopes:
            steering.resume(self.house, scope)
        for _ in range(ROUNDS):
            steering.later(self.house)
            assert steering.disagreeing(self.house) == []
            if is_over():
                return
            steering.retry(self.house, listed(self.house, self.type)[0].id)
            self.house.work()

    def _one(self) -> UUID:
        return self.odds.choice(listed(self.house, self.type)).id


@pytest.mark.parametrize("seed", SEEDS)
def test_a_merge_is_made_once_however_it_is_steered(house: House, seed: int) -> None:
    merging.ready(house)
    house.with_settings(lease_seconds=10, merge_lease_seconds=30, merge_settle_seconds=20)
    merging.ask(house, merging.issue(house))
    chance = Chance(house, "merge", random.Random(seed))
    chance.happen()
    assert len([put for put in merging.puts(house) if put.effect == "yes"]) <= 1
    chance.come_to_an_end(lambda: house.rows("SELECT status FROM issues") == [{"status": "DONE"}])
    assert house.rows("SELECT status FROM issues") == [{"status": "DONE"}]
    assert len([put for put in merging.puts(house) if put.effect == "yes"]) == 1
    assert merging.kinds_of_audit(house).count("MERGED") == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_verdict_is_told_once_however_its_evaluation_is_steered(house: House, seed: int) -> None:
    house.with_settings(lease_seconds=10)
    house.deliver_pull()
    chance = Chance(house, "policy_evaluation", random.Random(seed))
    chance.happen()
    chance.come_to_an_end(lambda: house.states() == ["pending"])
    assert house.states() == ["pending"]
    assert listed(house, "policy_evaluation")[0].status == "succeeded"


@pytest.mark.parametrize("seed", SEEDS)
def test_each_write_of_a_handoff_is_made_once_however_it_is_steered(house: House, tmp_path: Path, seed: int) -> None:
    at = agency(house, tmp_path, lease_seconds=10)
    run_id = at.ask()["runId"]
    for kind in ("verification", "internal_review"):
        at.give(run_id, kind)
    said = {"digest": at.run(run_id)["digest"]}
    assert at.operator.post(f"/api/v1/runs/{run_id}/approve", json=said).status_code == 200
    house.clock.forward(61)
    sweep.enqueue_due(house.context)
    chance = Chance(house, "pull_request_handoff", random.Random(seed))
    chance.happen()
    chance.come_to_an_end(lambda: False)
    at.settle()
    assert at.run(run_id)["status"] == "succeeded"
    assert [len(house.written(kind)) for kind in ("git_object", "branch_create", "pull_request_create")] == [3, 1, 1]
