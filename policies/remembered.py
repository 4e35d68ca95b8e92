"""Remembers what was found out about a snapshot, for the other rules and the other mode that ask the same."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from policies.facts import PullSnapshot

MAX_ANSWERS = 32
UNASKED: Any = object()
Rest = ParamSpec("Rest")
Answer = TypeVar("Answer")


def remembered(
    ask: Callable[Concatenate[PullSnapshot, Rest], Answer],
) -> Callable[Concatenate[PullSnapshot, Rest], Answer]:
    """Keep what a function that has nothing but its arguments to go by said of the very snapshot it was asked last.

    To compare snapshots by what they hold would take longer than finding out anew. No exception is kept.
    """
    newest: tuple[PullSnapshot | None, dict[object, Any]] = (None, {})

    @wraps(ask)
    def answered(snapshot: PullSnapshot, /, *rest: Rest.args, **more: Rest.kwargs) -> Answer:
        nonlocal newest
        about, answers = newest  # in one step: another thread may ask about another snapshot meanwhile
        if about is not snapshot:
            answers = {}
            newest = snapshot, answers
        question = (rest, *more.items()) if more else rest
        answer: Answer = answers.get(question, UNASKED)
        if answer is UNASKED:
            answer = ask(snapshot, *rest, **more)
            if len(answers) >= MAX_ANSWERS:
                answers.clear()
            answers[question] = answer
        return answer

    return answered
