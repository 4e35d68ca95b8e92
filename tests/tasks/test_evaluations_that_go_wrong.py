"""What cannot be read is never taken for a yes: it is tried again, then shown."""

import pytest

from app.records import runs
from tasks import sweep
from tests.tasks.house import REPOSITORY, House


def _run(house: House) -> dict[str, object]:
    return house.rows("SELECT status, error, attempts FROM runs ORDER BY created_at")[-1]


def _states(house: House) -> list[str]:
    return [state for state, _ in house.statuses()]


def _approve(house: House) -> None:
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()


def _try_until(house: House, attempts: int) -> None:
    for attempt in range(1, attempts):
        house.clock.forward(runs.backoff_seconds(attempt) + 1)
        house.sweep()


@pytest.mark.parametrize("path", ["/pulls/1$", "/branches/", "/contents/", "/reviews", "/comments", "/pulls/1/commits"])
def test_a_fact_that_fails_for_once_is_read_again(house: House, path: str) -> None:
    house.github.fault("GET", path, 502)
    house.deliver_pull()
    house.work()
    assert _run(house)["status"] == "pending"
    assert house.statuses() == []
    house.clock.forward(3)
    house.sweep()
    assert _states(house) == ["pending"]


def test_a_fact_that_never_comes_is_an_error_and_names_itself(house: House) -> None:
    house.github.fault("GET", "/reviews", 502, times=99)
    house.deliver_pull()
    house.work()
    _try_until(house, runs.TELL_AFTER_ATTEMPTS)
    assert _states(house) == ["error"]
    evaluation = house.rows("SELECT description FROM evaluations")[-1]
    assert "the reviews" in evaluation["description"]


def test_a_pull_request_that_cannot_be_read_ends_blocked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_ATTEMPTS", 3)
    house.github.fault("GET", "/pulls/1$", 502, times=99)
    house.deliver_pull()
    house.work()
    _try_until(house, 3)
    assert (_run(house)["status"], _run(house)["attempts"]) == ("blocked", 3)
    assert house.statuses() == []


def test_a_success_does_not_outlive_a_github_that_cannot_be_read(house: House) -> None:
    house.deliver_pull()
    house.work()
    _approve(house)
    house.github.fault("GET", "/pulls/1$", 502, times=99)
    house.deliver_pull(action="edited")
    house.work()
    _try_until(house, runs.TELL_AFTER_ATTEMPTS)
    assert _states(house) == ["pending", "success", "error"]
    house.github.faults.script.clear()
    house.clock.forward(runs.LONGEST_BACKOFF_SECONDS)
    house.sweep()
    assert _states(house) == ["pending", "success", "error", "success"]


def test_a_run_whose_workers_keep_dying_is_shown_to_a_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_ATTEMPTS", 2)
    house.deliver_pull()
    house.work()
    _approve(house)
    house.deliver_pull(action="edited")

    class Died(Exception):
        pass

    def die(name: str) -> None:
        if name == "evaluate.judged":
            raise Died

    object.__setattr__(house.context, "checkpoint", die)
    for _ in range(2):
        with pytest.raises(Died):
            house.run("evaluate.pull_request", house.rows("SELECT id FROM runs WHERE status = 'pending'")[0]["id"])
        house.clock.forward(house.context.settings.lease_seconds + 1)
        sweep.enqueue_due(house.context)
        house.sent.clear()
        house.clock.forward(5)
    object.__setattr__(house.context, "checkpoint", lambda name: None)
    house.sweep()
    assert _run(house)["status"] == "blocked"
    house.work()
    house.clock.forward(61)
    house.sweep()
    assert _states(house)[-1] == "error"
    kinds = {row["kind"] for row in house.rows("SELECT kind FROM audit_entries")}
    assert "run_blocked" in kinds


def test_a_missing_permission_is_an_error_at_once(house: House) -> None:
    house.github.fault("GET", "/collaborators/", 403)
    house.deliver_pull()
    house.work()
    _approve(house)
    assert "error" in _states(house)


def test_a_policy_that_is_not_there_is_an_error(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": None}, by="acme")
    house.deliver_pull()
    house.work()
    assert house.statuses() == [("error", "No policy found in acme/widget@main: .policy.yml")]


@pytest.mark.parametrize("text", ["policy: [", "polcy: {}", "policy: {approval: [unknown]}", "\x00"])
def test_a_policy_that_is_not_understood_is_an_error(house: House, text: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": text}, by="acme")
    house.deliver_pull()
    house.work()
    assert house.statuses() == [("error", "Invalid policy in acme/widget@main: .policy.yml")]


def test_an_error_after_a_success_takes_the_success_back(house: House) -> None:
    house.deliver_pull()
    house.work()
    _approve(house)
    house.github.push(REPOSITORY, "main", {".policy.yml": "nonsense"}, by="acme")
    house.deliver(house.event("push", None, branch="main", head_sha="b" * 40))
    house.work()
    assert _states(house) == ["pending", "success", "error"]


def test_the_policy_is_read_from_the_branch_and_not_from_a_tag_of_its_name(house: House) -> None:
    house.deliver_pull()
    house.work()
    read = house.rows("SELECT policy_source FROM evaluations")[0]["policy_source"]
    tip = house.github.state.repository(REPOSITORY).branches["main"]
    assert read == f"acme/widget@{tip}: .policy.yml"


def test_the_policy_of_the_head_branch_is_not_believed(house: House) -> None:
    house.github.push(REPOSITORY, "feature", {".policy.yml": "policy: {approval: []}"}, by="bob")
    house.deliver_pull(action="synchronize")
    house.work()
    assert _states(house) == ["pending"]


def test_a_rate_limit_puts_the_evaluation_off_without_an_attempt(house: House) -> None:
    house.github.limit_secondary("GET", "/reviews", status=429, retry_after=45)
    house.deliver_pull()
    house.work()
    assert (_run(house)["status"], _run(house)["attempts"]) == ("pending", 0)
    house.clock.forward(46)
    house.sweep()
    assert _states(house) == ["pending"]


def test_the_excess_over_the_limit_of_a_minute_gets_a_time(house: House) -> None:
    house.with_settings(evaluations_per_minute=1)
    house.deliver_pull()
    house.work()
    house.deliver_pull(action="edited")
    house.work()
    assert (_run(house)["status"], _run(house)["attempts"]) == ("pending", 0)
    assert "used up" in str(_run(house)["error"])


def test_without_redis_nothing_is_evaluated(house: House) -> None:
    house.with_settings(redis_url="redis://127.0.0.1:1/0")
    house.deliver_pull()
    house.work()
    assert _run(house)["status"] == "pending"
    assert house.rows("SELECT id FROM evaluations") == []


def test_the_local_reader_knows_nothing_and_says_so(house: House) -> None:
    house.with_settings(github_reader="local")
    house.deliver_pull()
    house.work()
    assert "GITHUB_READER=live" in str(_run(house)["error"])
    assert house.statuses() == []


def test_a_worker_that_lost_its_lease_records_nothing(house: House) -> None:
    house.deliver_pull()
    _, run_id = house.sent.pop(0)

    def steal(name: str) -> None:
        if name == "evaluate.judged":
            house.rows("UPDATE runs SET lease = gen_random_uuid() RETURNING id")

    object.__setattr__(house.context, "checkpoint", steal)
    house.run("evaluate.pull_request", run_id)
    assert house.rows("SELECT id FROM evaluations") == []
    assert house.sent == []


def test_a_run_whose_worker_died_is_done_by_another(house: House) -> None:
    house.deliver_pull()
    _, run_id = house.sent.pop(0)

    class Died(Exception):
        pass

    def die(name: str) -> None:
        if name == "evaluate.judged":
            raise Died

    checkpoint = house.context.checkpoint
    object.__setattr__(house.context, "checkpoint", die)
    with pytest.raises(Died):
        house.run("evaluate.pull_request", run_id)
    object.__setattr__(house.context, "checkpoint", checkpoint)
    house.sweep()
    assert house.statuses() == []
    house.clock.forward(house.context.settings.lease_seconds + 1)
    house.sweep()
    house.clock.forward(runs.backoff_seconds(1))
    house.sweep()
    assert _states(house) == ["pending"]


def test_what_arrives_during_an_evaluation_is_evaluated_after_it(house: House) -> None:
    house.deliver_pull()
    _, run_id = house.sent.pop(0)

    def arrive(name: str) -> None:
        if name == "evaluate.judged":
            object.__setattr__(house.context, "checkpoint", lambda name: None)
            house.github.review(REPOSITORY, 1, by="alice", state="approved")
            house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
            house.work()

    house.clock.forward(60)
    object.__setattr__(house.context, "checkpoint", arrive)
    house.run("evaluate.pull_request", run_id)
    house.work()
    assert len(house.rows("SELECT id FROM evaluations")) == 2
    assert _states(house)[-1] == "success"


def _commit_policy(house: House, text: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": text}, by="acme")


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
    assert _states(house) == ["error"]


def test_a_name_with_a_nul_in_it_is_stored_all_the_same(house: House) -> None:
    _commit_policy(house, 'policy: {approval: ["a\\0b"]}\napproval_rules: [{name: "a\\0b", requires: {count: 1}}]')
    house.deliver_pull()
    house.work()
    assert _states(house) == ["pending"]


def test_facts_of_a_pull_request_that_changes_meanwhile_are_read_again(house: House) -> None:
    house.deliver_pull()
    reader = house.context.reader
    reviews = reader.reviews

    def push_first(*arguments: object) -> object:
        object.__delattr__(reader, "reviews")
        house.clock.forward(1)
        house.github.push(REPOSITORY, "feature", {"a.py": "evil"}, by="bob")
        return reviews(*arguments)  # type: ignore[arg-type]

    object.__setattr__(reader, "reviews", push_first)
    house.work()
    assert house.statuses() == []
    assert "HEAD_MOVED" not in str(_run(house)["error"])
    assert "changed while it was read" in str(_run(house)["error"])
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
    _approve(house)
    house.clock.forward(60)
    assert house.github.create_branch(REPOSITORY, "feature", at="other") == new
    house.with_settings(github_projector="live")
    house.deliver_pull(1, "synchronize")
    house.work()
    newest = house.rows("SELECT state FROM evaluations WHERE number = 1 ORDER BY seq")[-1]
    assert newest["state"] == "pending"


def test_the_oldest_status_tells_the_time_of_the_push_as_in_policy_bot(house: House) -> None:
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.github.set_status(REPOSITORY, head, by="bob", context="ci", state="success")
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.clock.forward(60)
    house.deliver_pull()
    house.work()
    assert _states(house) == ["success"]


def test_one_refused_token_is_not_a_verdict(house: House) -> None:
    house.github.fault("GET", "/reviews", 401)
    house.deliver_pull()
    house.work()
    assert house.statuses() == []
    house.clock.forward(3)
    house.sweep()
    assert _states(house) == ["pending"]


def test_rate_limits_add_up_to_no_error(house: House) -> None:
    house.deliver_pull()
    house.work()
    _approve(house)
    for _ in range(2 * runs.TELL_AFTER_ATTEMPTS):
        house.github.limit_secondary("GET", "/reviews", status=429, retry_after=10)
        house.deliver_pull(action="edited")
        house.work()
        house.clock.forward(11)
        house.sweep()
    assert _states(house) == ["pending", "success"]


def test_what_waits_for_the_limit_is_not_hurried_by_what_arrives(house: House) -> None:
    house.github.limit_secondary("GET", "/reviews", status=429, retry_after=45)

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
    assert _states(house) == ["pending"]


def test_a_burst_does_not_put_the_first_event_off(house: House) -> None:
    house.with_settings(fold_seconds=10)
    house.deliver_pull()
    house.clock.forward(9)
    house.deliver_pull(action="edited")
    house.sent.clear()
    house.clock.forward(1)
    house.sweep()
    assert _states(house) == ["pending"]


def test_what_arrived_during_a_failed_attempt_is_not_left_behind(house: House) -> None:
    """The failed run is folded into the one that waits, and a message is sent for that at once."""
    house.deliver_pull()
    _, run_id = house.sent.pop(0)

    def arrive(name: str) -> None:
        if name == "evaluate.claimed":
            object.__setattr__(house.context, "checkpoint", lambda name: None)
            house.deliver_pull(action="edited")
            house.sent.clear()
            house.github.fault("GET", "/reviews", 502)

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
