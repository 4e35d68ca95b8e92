"""What confirms a write: the expected status, and the id of what was made."""

from app.github.client import Answer
from app.github.endings import Written

CREATED, OK = 201, 200


def created(answer: Answer) -> Written | None:
    """201 with an id; None for anything else."""
    return _written(answer, CREATED)


def changed(answer: Answer) -> Written | None:
    """200 with an id; None for anything else."""
    return _written(answer, OK)


def _written(answer: Answer, expected: int) -> Written | None:
    found = answer.document.get("id") if isinstance(answer.document, dict) else None
    return Written(answer.status, str(found)) if answer.status == expected and type(found) is int else None
