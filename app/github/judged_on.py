"""What a payload tells of things that a verdict rests on: a review as it stands now, a base branch left, who did it.

It is a hint only, so what is not understood is left out and the payload is taken in all the same.
"""

from app.events import SaidReview
from app.github.fields import HIGHEST_ID, LONGEST_REF_CHARACTERS, Payload

MOST_STATE_CHARACTERS = 40


def read_review(payload: Payload) -> SaidReview | None:
    """The review with its state, which webhooks write in small letters and lists in capitals."""
    review = payload.get("review")
    found, state = (read_id(review), review.get("state")) if isinstance(review, dict) else (None, None)
    if found is None or not _is_word(state):
        return None
    return SaidReview(id=found, state=str(state).upper())


def read_id(parent: Payload) -> int | None:
    """The id of something."""
    found = parent.get("id")
    return found if type(found) is int and 0 < found <= HIGHEST_ID else None


def _is_word(state: object) -> bool:
    return isinstance(state, str) and state.isascii() and state.isprintable() and len(state) <= MOST_STATE_CHARACTERS


def read_left_branch(payload: Payload) -> str | None:
    """The base branch from before an edit that changed it; empty where GitHub doesn't say which one."""
    changes = payload.get("changes")
    base = changes.get("base") if isinstance(changes, dict) else None
    if payload.get("action") != "edited" or not isinstance(base, dict):
        return None
    ref = base.get("ref")
    before = ref.get("from") if isinstance(ref, dict) else None
    is_name = isinstance(before, str) and before.isprintable() and len(before) <= LONGEST_REF_CHARACTERS
    return before if isinstance(before, str) and is_name else ""
