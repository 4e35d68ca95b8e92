"""A head that was left and comes back: what was said of the other one in between was not said of it."""

from datetime import datetime, timedelta

from app.records import pulls
from app.simulator.records import Pull
from tests.tasks.house import REPOSITORY, House

POLICY = """
policy: {approval: [a writer says yes]}
approval_rules:
  - name: a writer says yes
    requires: {count: 1, permissions: [write]}
    options: {invalidate_on_push: true}
"""


def _strictly(house: House) -> None:
    house.with_settings(policy_mode="strict")
    house.github.push(REPOSITORY, "main", {".policy.yml": POLICY}, by="acme")


def _see(house: House) -> None:
    house.clock.forward(60)
    house.deliver_pull(action="synchronize")
    house.work()


def _say_yes(house: House) -> None:
    house.clock.forward(60)
    house.github.comment(REPOSITORY, 1, by="alice", body=":+1:")
    house.deliver(house.event("issue_comment", "created", pulls=(1,), sender="alice"))
    house.work()


def _head(house: House, sha: str | None = None) -> str:
    """The head of the pull request, after a forced push where `sha` is given."""
    if sha is not None:
        house.github.change_pull(REPOSITORY, 1, head_sha=sha)
    pull: Pull = house.github.state.pull(REPOSITORY, 1)
    return pull.head_sha


def _since(house: House) -> datetime:
    (row,) = house.rows(
        "SELECT facts ->> 'head_seen_at' AS at FROM evaluations JOIN snapshots"
        " ON digest = snapshot_digest ORDER BY seq DESC LIMIT 1"
    )
    return datetime.fromisoformat(row["at"])


def test_what_was_said_of_another_head_does_not_count_when_the_first_comes_back(house: House) -> None:
    _strictly(house)
    _see(house)
    first = _head(house)
    house.github.push(REPOSITORY, "feature", {"a.py": "harmless"}, by="bob")
    _see(house)
    _say_yes(house)
    assert house.states()[-1] == "success"
    _head(house, first)
    _see(house)
    newest = house.rows("SELECT head_sha, state FROM evaluations ORDER BY seq DESC LIMIT 1")
    assert newest == [{"head_sha": first, "state": "pending"}]
    _say_yes(house)
    newest = house.rows("SELECT head_sha, state FROM evaluations ORDER BY seq DESC LIMIT 1")
    assert newest == [{"head_sha": first, "state": "success"}]


def test_a_head_that_nobody_evaluated_was_one_all_the_same(house: House) -> None:
    _strictly(house)
    _see(house)
    first, since = _head(house), _since(house)
    house.clock.forward(60)
    house.github.push(REPOSITORY, "feature", {"a.py": "harmless"}, by="bob")
    house.deliver_pull(action="synchronize")
    _head(house, first)
    house.clock.forward(60)
    house.work()
    assert _since(house) > since


def test_a_head_that_stays_is_the_head_since_it_was_first_seen(house: House) -> None:
    _strictly(house)
    _see(house)
    since = _since(house)
    _see(house)
    assert _since(house) == since
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    _see(house)
    since = _since(house)
    _say_yes(house)
    assert _since(house) == since


def test_where_two_heads_were_seen_at_one_moment_the_later_one_is_not_known(house: House) -> None:
    now = house.clock()
    later = now + timedelta(seconds=60)
    with house.context.pool.connection() as tx:
        for sha in ("a" * 40, "b" * 40):
            pulls.first_seen_at(tx, house.repository_id, 1, sha, now)
        assert pulls.head_since(tx, house.repository_id, 1, "a" * 40, later) == later
        assert pulls.head_since(tx, house.repository_id, 1, "a" * 40, later + timedelta(seconds=1)) == later
