"""A gate with approve rules on the base branch, and its own reviews of pull request 1."""

from typing import Any

from app import ledger
from tests.tasks.house import REPOSITORY, House

RULES = """
approve:
  - name: updates
    if:
      has_author_in: {users: [bob]}
      only_changed_files: {paths: ["^a\\\\.py$"]}
    requires:
      conditions:
        has_status: {statuses: [ci], conclusions: [success]}
"""
PATH = ".mergegate.yml"
GATE = "mergegate[bot]"


def write_rules(house: House, text: str | None = RULES) -> None:
    house.github.push(REPOSITORY, "main", {PATH: text}, by="acme")


def head(house: House) -> str:
    return house.github.state.pull(REPOSITORY, 1).head_sha


def check(house: House, state: str = "success") -> None:
    """The check `ci` on the head ends so."""
    house.github.set_status(REPOSITORY, head(house), by="bob", context="ci", state=state)


def judge(house: House, number: int = 1) -> None:
    """A little later something happens to the pull request, and the gate works on it."""
    house.clock.forward(10)
    house.deliver_pull(number, action="edited")
    house.work()


def push(house: House, text: str = "2") -> None:
    house.github.push(REPOSITORY, "feature", {"a.py": text}, by="bob")


def reviews(house: House) -> list[tuple[str, str]]:
    """State and commit of the gate's own reviews as GitHub has them, oldest first."""
    given = house.github.state.repository(REPOSITORY).reviews.get(1, [])
    return [(review.state, review.sha) for review in given if review.author == bot(house)]


def bot(house: House) -> str:
    [app] = house.github.state.apps.values()
    return house.github.state.bot(app.id).login


def told(house: House) -> dict[str, Any]:
    """What the newest evaluation has of the approve rules."""
    rows = house.rows("SELECT approving FROM evaluations ORDER BY seq DESC LIMIT 1")
    document: dict[str, Any] = rows[0]["approving"]
    return document


def entries(house: House) -> list[dict[str, Any]]:
    """The audit entries about approve rules."""
    with house.context.pool.connection() as tx:
        return [dict(entry.body) for entry in ledger.read(tx) if entry.kind == "approve_rules_asked"]


def intents(house: House, kind: str = "review_approve") -> list[str]:
    """The intents of a kind, each by where it stands, oldest first."""
    return [row["status"] for row in house.rows(f"SELECT status FROM intents WHERE kind = '{kind}' ORDER BY sequence")]
