"""What happens in a soak of merges, drawn from its seed: who is asked for when, what goes wrong, and who is killed."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

TROUBLES: tuple[tuple[int | str, Literal["before", "after"]] | None, ...] = (
    None,
    None,
    ("hang", "after"),
    ("drop", "after"),
    (502, "after"),
    (502, "before"),
)


@dataclass(frozen=True)
class Scale:
    """`between`: at least and at most so many requests GitHub gets from one kill to the next.

    What a killed worker had asked GitHub counts as under way for another two minutes, so that many kills in a short
    time stop everything for that long.
    """

    pulls: int
    requests: int
    workers: int
    kills: int
    between: tuple[int, int]


@dataclass(frozen=True)
class Kill:
    """`after`: when GitHub has got so many requests more than at the kill before."""

    after: int
    worker: str


@dataclass(frozen=True)
class Plan:
    """`asked`: the numbers of the pull requests, one for each request, in their order.

    `troubles`: what the first request to merge a pull request meets, by its number: the fault, and when.
    """

    seed: int
    workers: tuple[str, ...]
    asked: tuple[int, ...]
    troubles: Mapping[int, tuple[int | str, str]]
    kills: tuple[Kill, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The pull requests."""
        return tuple(sorted(set(self.asked)))


def draw(seed: int, scale: Scale) -> Plan:
    """The same seed draws the same plan; how the processes interleave is the machine's."""
    random = Random(seed)
    numbers = range(1, scale.pulls + 1)
    workers = ("worker", *(f"worker.{number}" for number in range(2, scale.workers + 1)))
    asked = [numbers[place % scale.pulls] for place in range(scale.requests)]
    random.shuffle(asked)
    troubles = _troubles(random, numbers)
    kills = [Kill(random.randint(*scale.between), random.choice(workers)) for _ in range(scale.kills)]
    return Plan(seed, workers, tuple(asked), troubles, tuple(kills))


def draw_once(seed: int, pulls: int, workers: tuple[str, ...]) -> Plan:
    """Each pull request is asked for once, and nobody is killed by plan."""
    numbers = range(1, pulls + 1)
    return Plan(seed, workers, tuple(numbers), _troubles(Random(seed), numbers), ())


def _troubles(random: Random, numbers: range) -> dict[int, tuple[int | str, str]]:
    met = {number: random.choice(TROUBLES) for number in numbers}
    return {number: trouble for number, trouble in met.items() if trouble is not None}
