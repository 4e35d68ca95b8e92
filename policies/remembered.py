"""Remembers what was found out about a snapshot, for the other rules and the other mode that ask the same."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from policies.facts import PullSnapshot

MAX_ANSWERS = 32
Rest = ParamSpec("Rest")
Answer = TypeVar("Answer")


class _Same:
    """One very snapshot: to compare two by what they hold would take longer than finding out anew."""

    __slots__ = ("snapshot",)

    def __init__(self, snapshot: PullSnapshot) -> None:
        self.snapshot = snapshot

    def __hash__(self) -> int:
        return id(self.snapshot)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.snapshot is other.snapshot


def remembered(
    ask: Callable[Concatenate[PullSnapshot, Rest], Answer],
) -> Callable[Concatenate[PullSnapshot, Rest], Answer]:
    """Keep the newest `MAX_ANSWERS` of a function that has nothing but its arguments to go by; no exception is kept."""

    def anew(same: _Same, *rest: Rest.args, **more: Rest.kwargs) -> Answer:
        return ask(same.snapshot, *rest, **more)

    known: Any = lru_cache(maxsize=MAX_ANSWERS)(anew)

    @wraps(ask)
    def answered(snapshot: PullSnapshot, /, *rest: Rest.args, **more: Rest.kwargs) -> Answer:
        answer: Answer = known(_Same(snapshot), *rest, **more)
        return answer

    return answered
