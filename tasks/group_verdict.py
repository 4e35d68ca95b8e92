"""The verdict on a merge group from the verdicts on its pull requests: the worst of them; pure."""

from dataclasses import dataclass
from typing import Any

from app.records.groups import Group
from policies.text import short
from policies.verdict import State
from tasks.telling import WORST_FIRST

Row = dict[str, Any]
MOST_NAMED = 20


@dataclass(frozen=True)
class Finding:
    """`description`: the whole reason; `status_text`: what fits into a commit status.

    `page_key`: of the page that explains most; None where there is none.
    """

    state: State
    description: str
    status_text: str
    numbers: tuple[int, ...] = ()
    page_key: str | None = None


def undetermined(sentence: str) -> Finding:
    """Nothing is known of the group, which is no success."""
    return Finding(
        "error", f"The merge group could not be judged: {sentence}", short(f"Could not be judged: {sentence}")
    )


def is_known(row: Row | None, group: Group) -> bool:
    """Whether there is a verdict since GitHub asked for the group, or none will come, since it is closed."""
    if row is None:
        return False
    return not row["is_open"] or (row["evaluated_at"] is not None and row["evaluated_at"] >= group.requested_at)


def find(heads: dict[int, str], rows: dict[int, Row], group: Group) -> Finding:
    """`heads`: where each pull request was queued, by number; `rows`: what is known of each, see `is_known`."""
    if not heads:
        return undetermined("GitHub's merge queue does not say which pull requests are in it.")
    views = {number: _view(rows[number], heads[number], group) for number in sorted(heads)}
    worst = min(views, key=lambda number: (WORST_FIRST.index(views[number][0]), number))
    state, text = views[worst]
    named = [f"#{number} {view[0]} ({view[1]})" for number, view in views.items()]
    return Finding(
        state=state,
        description=f"The merge group of {', '.join(named[:MOST_NAMED])}",
        status_text=short(_status_text(state, worst, text, tuple(views))),
        numbers=tuple(views),
        page_key=rows[worst]["page_key"],
    )


def _view(row: Row, head: str, group: Group) -> tuple[State, str]:
    """State and reason of one member, whose verdict counts only for what is queued."""
    if not row["is_open"]:
        return "error", "it is not open any more"
    if row["head_sha"] != head:
        return "error", "its head is not the one that was queued"
    if row["base_ref"] != group.base_ref:
        return "error", f"it goes into {row['base_ref']} now"
    return row["state"], row["status_text"]


def _status_text(state: State, worst: int, text: str, numbers: tuple[int, ...]) -> str:
    if state != "success" or len(numbers) == 1:
        return f"#{worst}: {text}"
    return f"{len(numbers)} pull requests are approved: {', '.join(f'#{number}' for number in numbers)}"
