"""What confirms a write: the expected status, and the id, number or SHA of what was made."""

from typing import Any

from app.github.client import Answer
from app.github.endings import Refused, Written

CREATED, OK = 201, 200


def created(answer: Answer) -> Written | None:
    """201 with an id; None for anything else."""
    return _written(answer, CREATED)


def changed(answer: Answer) -> Written | None:
    """200 with an id; None for anything else."""
    return _written(answer, OK)


def reference(answer: Answer, expected: int, branch: str, sha: str) -> Written | None:
    """The expected status, with the branch at the commit; None for anything else."""
    document = read(answer)
    shown = (document.get("ref"), read(document.get("object")).get("sha"))
    return Written(answer.status, sha) if (answer.status, shown) == (expected, (f"refs/heads/{branch}", sha)) else None


def stored(answer: Answer, sha: str) -> Written | Refused | None:
    """201 with the SHA that was computed here; another one is an object that nothing leads to."""
    made = read(answer).get("sha")
    if answer.status != CREATED or not isinstance(made, str):
        return None
    if made != sha:
        return Refused(answer.status, "SHA_MISMATCH", f"GitHub computed another SHA than {sha} for the same object.")
    return Written(answer.status, sha)


def read(document: Any) -> dict[str, Any]:
    """The document of an answer, or a part of one; empty where it is no object."""
    found = document.document if isinstance(document, Answer) else document
    return found if isinstance(found, dict) else {}


def _written(answer: Answer, expected: int) -> Written | None:
    found = read(answer).get("id")
    return Written(answer.status, str(found)) if answer.status == expected and type(found) is int else None
