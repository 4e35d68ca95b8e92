"""What happens to merges from outside, at a checkpoint of theirs or between two, and what became of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.governor import Governor
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House
from tests.tasks.merge_wishes import write_gate


def at(house: House, point: str, happens: Callable[[], object]) -> None:
    """Something happens when a worker first gets to that checkpoint."""
    todo, before = [happens], house.context.checkpoint

    def check(name: str) -> None:
        before(name)
        if name == point and todo:
            todo.pop()()

    house.context = replace(house.context, checkpoint=check)


def later(house: House, *seconds: int) -> None:
    for each in seconds:
        house.clock.forward(each)
        house.sweep()


def attempts_of(house: House) -> list[tuple[str, str, str | None]]:
    rows = house.rows("SELECT kind, state, detail FROM merge_attempts ORDER BY seq")
    return [(row["kind"], row["state"], row["detail"]) for row in rows]


def rules(house: House, **rules: Any) -> None:
    lines = "\n".join(f"  {name}: {str(value).lower()}" for name, value in rules.items())
    write_gate(house, f"merge:\n{lines}\n")
    merging.evaluated(house)


def lose_redis(house: House) -> None:
    """The connections that the governor has lead nowhere from now on."""
    settings = house.context.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    vars(house.context.governor).update(vars(Governor.of(settings)))


def behind(house: House) -> None:
    """The base has moved on, which the rules of GitHub mind, and ours let the head be brought up to date."""
    house.kinds = (*house.kinds, "update_branch")
    rules(house, update_branch=True)
    house.github.protect(REPOSITORY, strict=True, checks=["ci"])
    house.github.push(REPOSITORY, "main", {"d.py": "4"}, by="alice")
    merging.evaluated(house)
    house.clock.forward(2)
