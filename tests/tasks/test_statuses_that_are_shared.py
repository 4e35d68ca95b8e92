"""A status belongs to a commit: pull requests with one head and one base share it, and get the worst verdict."""

from tests.tasks.house import REPOSITORY, House

POLICY = """
policy: {approval: [trusted title, a writer approves]}
approval_rules:
  - name: trusted title
  - name: a writer approves
    if: {title: {not_matches: ["^trusted"]}}
    requires: {count: 1, permissions: [write]}
"""


def _twins(house: House) -> None:
    """Pull request 1 needs an approval, pull request 2 of the same branch needs none."""
    house.github.push(REPOSITORY, "main", {".policy.yml": POLICY}, by="acme")
    house.github.create_branch(REPOSITORY, "twin", at="feature")
    house.github.open_pull(REPOSITORY, "twin", by="bob", title="trusted")
    house.deliver_pull(1)
    house.work()


def _last(house: House) -> tuple[str, str]:
    return house.statuses()[-1]


def test_the_success_of_one_does_not_hide_what_the_other_waits_for(house: House) -> None:
    _twins(house)
    house.deliver_pull(2)
    house.work()
    assert _last(house) == ("pending", "#1: 1/2 rules approved")


def test_the_other_does_not_write_it_again_and_again(house: House) -> None:
    _twins(house)
    house.deliver_pull(2)
    house.work()
    before = len(house.statuses())
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    for _ in range(5):
        house.deliver(house.event("status", None, head_sha=head))
        house.work()
    assert len(house.statuses()) == before


def test_the_one_that_stays_open_has_the_status_to_itself(house: House) -> None:
    _twins(house)
    house.deliver_pull(2)
    house.work()
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(1, "closed")
    house.work()
    assert _last(house) == ("success", "All rules are approved")


def test_a_check_that_names_one_of_them_has_the_others_judged_too(house: House) -> None:
    """GitHub names those of the checked repository's own branches, and none out of a fork with the same head."""
    _twins(house)
    house.deliver_pull(2)
    house.work()
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    before = len(house.rows("SELECT id FROM evaluations"))
    house.clock.forward(60)
    house.deliver(house.event("check_run", "completed", pulls=(2,), head_sha=head))
    house.work()
    after = house.rows("SELECT number FROM evaluations ORDER BY seq")[before:]
    assert sorted(row["number"] for row in after) == [1, 2]
