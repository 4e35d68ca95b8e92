"""A gate whose policy asks for reviews, and what happens to its pull request 1."""

from app import chain_text, explain, ledger
from tests.tasks.house import REPOSITORY, House

ASKING = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, %s}
    options:
      invalidate_on_push: true
      request_review: {enabled: true, mode: %s}
"""
WRITERS = "permissions: [write]"


def write_policy(house: House, requires: str = WRITERS, mode: str = "all-users") -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": ASKING % (requires, mode)}, by="acme")


def open_pull(house: House) -> None:
    house.deliver_pull()
    house.work()


def push(house: House) -> None:
    house.clock.forward(60)
    house.github.push(REPOSITORY, "feature", {"a.py": str(house.clock())}, by="bob")
    house.deliver_pull(action="synchronize")
    house.work()


def asked(house: House) -> list[list[str]]:
    return [body["reviewers"] for body in house.written("review_request")]


def chosen(house: House) -> list[dict[str, object]]:
    with house.context.pool.connection() as tx:
        return [dict(entry.body) for entry in ledger.read(tx) if entry.kind == "reviewers_chosen"]


def chain(house: House) -> str:
    with house.context.pool.connection() as tx:
        found = explain.pull_request(tx, REPOSITORY, 1)
    assert found is not None
    return chain_text.render(found)
