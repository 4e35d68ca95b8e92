"""Pull requests that change the policy, and what the check on their head says."""

from typing import Any

from tests.tasks.house import POLICY, REPOSITORY, House

SOUND = POLICY.replace("count: 1", "count: 2")
WRONG = POLICY.replace("      count: 1\n", "").replace(
    "  - name: a writer approves\n", "  - name: a writer approves\n    count: 1\n"
)


def propose(house: House, policy: str | None, branch: str = "policy", **more: str | None) -> int:
    """A pull request of bob's that changes the policy file, judged."""
    house.github.push(REPOSITORY, branch, {".policy.yml": policy, **more}, by="bob")
    number = house.github.open_pull(REPOSITORY, branch, by="bob", title="Change the policy").number
    judge(house, number)
    return number


def judge(house: House, number: int) -> None:
    house.deliver_pull(number)
    house.work()


def report(house: House) -> dict[str, Any]:
    [written] = house.written("check_run")
    return written
