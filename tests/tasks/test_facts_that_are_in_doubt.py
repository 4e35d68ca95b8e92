"""A fact that may be of another moment, another pull request or of nobody we can see is never taken for a yes."""

import pytest

from app.records import runs
from tests.tasks.house import REPOSITORY, House


def _commit_policy(house: House, text: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": text}, by="acme")


OF_NAME = f"""
policy: {{approval: [r]}}
approval_rules:
  - name: r
    requires:
      conditions: {{repository: {{matches: [{REPOSITORY}]}}}}
"""
OF_AUTHOR = """
policy: {approval: [{or: [team only, everybody]}]}
approval_rules:
  - name: team only
    if: {has_author_in: {%s}}
    requires: {count: 1, permissions: [write]}
  - name: everybody
    if: {has_author_in: {users: [bob]}}
"""


@pytest.mark.parametrize(
    "actors",
    ["teams: [acme/nobody-made-this]", "organizations: [elsewhere]", 'teams: ["acme/"]', 'organizations: ["."]'],
)
def test_a_team_that_cannot_be_seen_is_not_a_team_without_members(house: House, actors: str) -> None:
    _commit_policy(house, OF_AUTHOR % actors)
    house.deliver_pull()
    house.work()
    assert house.states() == ["error"]


def test_a_name_with_a_nul_in_it_is_stored_all_the_same(house: House) -> None:
    _commit_policy(house, 'policy: {approval: ["a\\0b"]}\napproval_rules: [{name: "a\\0b", requires: {count: 1}}]')
    house.deliver_pull()
    house.work()
    assert house.states() == ["pending"]


def test_a_repository_is_judged_by_its_name_of_today(house: House) -> None:
    """An event that was sent before names it as it was; meanwhile that name may be somebody else's."""
    _commit_policy(house, OF_NAME)
    house.github.rename(REPOSITORY, "acme/production")
    house.deliver(house.event("pull_request", "edited", pulls=(1,), branch="main"))
    house.work()
    assert house.rows("SELECT state FROM evaluations") == [{"state": "pending"}]
    assert house.rows("SELECT full_name FROM pulls") == [{"full_name": "acme/production"}]


def test_trouble_with_a_team_of_an_impossible_name_is_kept_for_the_next_attempt(house: House) -> None:
    _commit_policy(house, OF_AUTHOR % 'teams: ["acme/a\\0b%s"]' % ("x" * 1000))
    house.github.fault("GET", "/orgs/.*", 502)
    house.deliver_pull()
    house.work()
    assert (house.newest_run()["status"], len(house.newest_run()["error"])) == ("pending", 500)
    house.clock.forward(3)
    house.sweep()
    assert house.states() == ["error"]


@pytest.mark.parametrize(
    ("push_first", "said"), [("yes", "was replaced while it was read"), ("no", "changed while it was read")]
)
def test_facts_of_a_pull_request_that_changes_meanwhile_are_read_again(
    house: House, push_first: str, said: str
) -> None:
    house.deliver_pull()
    reader = house.context.reader
    talk = reader.talk

    def push() -> None:
        house.clock.forward(1)
        house.github.push(REPOSITORY, "feature", {"a.py": "evil"}, by="bob")

    def read_while_it_is_pushed(*arguments: object) -> object:
        object.__delattr__(reader, "talk")
        if push_first == "yes":
            push()
        read = talk(*arguments)  # type: ignore[arg-type]
        push()
        return read

    object.__setattr__(reader, "talk", read_while_it_is_pushed)
    house.work()
    assert house.statuses() == []
    assert "HEAD_MOVED" not in str(house.newest_run()["error"])
    assert said in str(house.newest_run()["error"])
    house.clock.forward(3)
    house.sweep()
    written = house.github.writes("/statuses/")[-1]
    assert written.path.endswith(house.github.state.pull(REPOSITORY, 1).head_sha)


def test_being_seen_in_another_pull_request_does_not_make_a_push_older(house: House) -> None:
    house.deliver_pull()
    house.work()
    new = house.github.push(REPOSITORY, "other", {"b.py": "1"}, by="bob").sha
    house.github.open_pull(REPOSITORY, "other", by="bob")
    house.with_settings(github_projector="local")
    house.deliver_pull(2)
    house.work()
    house.approve()
    house.clock.forward(60)
    assert house.github.create_branch(REPOSITORY, "feature", at="other") == new
    house.with_settings(github_projector="live")
    house.deliver_pull(1, "synchronize")
    house.work()
    newest = house.rows("SELECT state FROM evaluations WHERE number = 1 ORDER BY seq")[-1]
    assert newest["state"] == "pending"


@pytest.mark.parametrize("first_seen", ["by the webhook", "by the evaluation"])
def test_a_slow_clock_of_ours_makes_no_push_older(house: House, first_seen: str) -> None:
    house.deliver_pull()
    house.work()
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.clock.forward(60)
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    pushed_at = house.github.state.pull(REPOSITORY, 1).updated_at
    house.clock.forward(-90)
    event = house.event("pull_request", "synchronize", pulls=(1,), updated_at=pushed_at, branch="main")
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.deliver(event.model_copy(update={"head_sha": head} if first_seen == "by the webhook" else {}))
    house.work()
    house.clock.forward(61)
    house.sweep()
    newest = house.rows("SELECT head_sha, state FROM evaluations ORDER BY seq")[-1]
    assert (newest["head_sha"], newest["state"]) == (head, "pending")


def test_the_oldest_status_tells_the_time_of_the_push_as_in_policy_bot(house: House) -> None:
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.github.set_status(REPOSITORY, head, by="bob", context="ci", state="success")
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.clock.forward(60)
    house.deliver_pull()
    house.work()
    assert house.states() == ["success"]


def test_one_refused_token_is_not_a_verdict(house: House) -> None:
    house.github.fault("POST", "/graphql", 401)
    house.deliver_pull()
    house.work()
    assert house.statuses() == []
    house.clock.forward(3)
    house.sweep()
    assert house.states() == ["pending"]


def test_rate_limits_add_up_to_no_error(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()
    for _ in range(2 * runs.TELL_AFTER_ATTEMPTS):
        house.github.limit_secondary("POST", "/graphql", status=429, retry_after=10)
        house.deliver_pull(action="edited")
        house.work()
        house.clock.forward(11)
        house.sweep()
    assert house.states() == ["pending", "success"]


def test_what_waits_for_the_limit_is_not_hurried_by_what_arrives(house: House) -> None:
    house.github.limit_secondary("POST", "/graphql", status=429, retry_after=45)

    def arrive(name: str) -> None:
        if name == "evaluate.claimed":
            object.__setattr__(house.context, "checkpoint", lambda name: None)
            house.deliver_pull(action="edited")

    object.__setattr__(house.context, "checkpoint", arrive)
    house.deliver_pull()
    house.work()
    assert house.statuses() == []
    house.clock.forward(46)
    house.sweep()
    assert house.states() == ["pending"]


def test_a_burst_does_not_put_the_first_event_off(house: House) -> None:
    house.with_settings(fold_seconds=10)
    house.deliver_pull()
    house.clock.forward(9)
    house.deliver_pull(action="edited")
    house.sent.clear()
    house.clock.forward(1)
    house.sweep()
    assert house.states() == ["pending"]


def test_what_arrived_during_a_failed_attempt_is_not_left_behind(house: House) -> None:
    """The failed run is folded into the one that waits, and a message is sent for that at once."""
    house.deliver_pull()
    _, run_id = house.sent.pop(0)

    def arrive(name: str) -> None:
        if name == "evaluate.claimed":
            object.__setattr__(house.context, "checkpoint", lambda name: None)
            house.deliver_pull(action="edited")
            house.sent.clear()
            house.github.fault("POST", "/graphql", 502)

    object.__setattr__(house.context, "checkpoint", arrive)
    house.run("evaluate.pull_request", run_id)
    assert len(house.sent) == 1


def test_known_pull_requests_of_a_commit_do_not_wait_for_the_list(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.github.fault("GET", "/commits/[0-9a-f]+/pulls", 502, times=99)
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.deliver(house.event("check_run", "completed", head_sha=head))
    house.work()
    assert len(house.rows("SELECT id FROM evaluations")) == 2


def test_a_branch_name_of_any_length_finds_its_row(house: House) -> None:
    house.deliver(house.event("push", None, branch="b" * 1000, head_sha="b" * 40))
    house.deliver(house.event("push", None, branch="\U0001f600" * 255, head_sha="b" * 40))
    house.work()
    assert [row["status"] for row in house.rows("SELECT status FROM runs")] == ["succeeded", "succeeded"]


def test_a_number_beyond_an_integer_is_no_trouble(house: House) -> None:
    house.deliver(house.event("pull_request", "opened", pulls=(2**40,), head_sha="a" * 40, branch="main"))
    house.work()
    assert [row["status"] for row in house.rows("SELECT status FROM runs")] == ["succeeded"]
