"""How the writes of one name ended, here and at GitHub, and what goes wrong with them."""

from typing import Any

from tests.tasks.house import House
from tests.tasks.wishes import AT, kind_of


def fault(house: House, name: str, what: int | str, *, body: dict[str, Any] | None = None, **how: Any) -> None:
    """The next write of that name goes wrong so; `body`: in place of GitHub's."""
    house.github.fault(*AT[name], what, **how)
    house.github.faults.script[-1].body = body


def intents(house: House, name: str) -> list[str]:
    rows = house.rows(f"SELECT status FROM intents WHERE kind = '{kind_of(name)}' ORDER BY sequence")
    return [row["status"] for row in rows]


def outcomes(house: House, name: str) -> list[str]:
    rows = house.rows(
        "SELECT outcome FROM permits JOIN intents ON intents.id = intent_id"
        " JOIN decisions ON decisions.id = decision_id"
        f" WHERE kind = '{kind_of(name)}' ORDER BY decisions.audit_seq"
    )
    return [row["outcome"] for row in rows]


def written(house: House, name: str) -> list[dict[str, Any]]:
    """The bodies of those that took effect, oldest first."""
    return house.written(kind_of(name))
