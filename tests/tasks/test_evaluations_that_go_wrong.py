"""What cannot be read is never taken for a yes: it is tried again, then shown."""

import pytest

from app import definitions
from app.records import runs, steps
from policies import server_options
from tasks import sweep
from tests.tasks.house import REPOSITORY, House


def _try_until(house: House, attempts: int) -> None:
    for attempt in range(1, attempts):
        house.clock.forward(min(2**attempt, steps.LONGEST_BACKOFF_SECONDS) + 1)
        house.sweep()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/pulls/1$"), ("GET", "/branches/"), ("GET", "/contents/"), ("POST", "/graphql")]
)
def test_a_fact_that_fails_for_once_is_read_again(house: House, method: str, path: str) -> None:
    house.github.fault(method, path, 502)
    house.deliver_pull()
    house.work()
    assert house.newest_run()["status"] == "pending"
    assert house.statuses() == []
    house.clock.forward(3)
    house.sweep()
    assert house.states() == ["pending"]


def test_a_fact_that_never_comes_is_an_error_and_names_itself(house: House) -> None:
    house.github.fault("POST", "/graphql", 502, times=99)
    house.deliver_pull()
    house.work()
    _try_until(house, runs.TELL_AFTER_ATTEMPTS)
    assert house.states() == ["error"]
    evaluation = house.rows("SELECT description FROM evaluations")[-1]
    assert "the commits, comments and reviews" in evaluation["description"]


def test_a_pull_request_that_cannot_be_read_ends_blocked(house: House) -> None:
    house.github.fault("GET", "/pulls/1$", 502, times=99)
    house.deliver_pull()
    house.tried_often(all_but=2)
    house.work()
    house.clock.forward(steps.LONGEST_BACKOFF_SECONDS)
    house.sweep()
    assert (house.newest_run()["status"], house.newest_run()["attempts"]) == ("blocked", definitions.MOST_ATTEMPTS)
    assert house.statuses() == []


def test_a_success_does_not_outlive_a_github_that_cannot_be_read(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()
    house.github.fault("GET", "/pulls/1$", 502, times=99)
    house.deliver_pull(action="edited")
    house.work()
    _try_until(house, runs.TELL_AFTER_ATTEMPTS)
    assert house.states() == ["pending", "success", "error"]
    house.github.faults.script.clear()
    house.clock.forward(steps.LONGEST_BACKOFF_SECONDS)
    house.sweep()
    assert house.states() == ["pending", "success", "error", "success"]


def test_a_run_whose_workers_keep_dying_is_shown_to_a_person(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()
    house.deliver_pull(action="edited")
    house.tried_often(all_but=2)
    for _ in range(2):
        with house.dying_at("evaluate.judged"):
            house.run("evaluate.pull_request", house.rows("SELECT id FROM runs WHERE status = 'pending'")[0]["id"])
        house.clock.forward(house.context.settings.lease_seconds + 1)
        sweep.enqueue_due(house.context)
        house.sent.clear()
        house.clock.forward(steps.LONGEST_BACKOFF_SECONDS)
    house.sweep()
    assert house.newest_run()["status"] == "blocked"
    house.work()
    house.clock.forward(61)
    house.sweep()
    assert house.states()[-1] == "error"
    kinds = {row["kind"] for row in house.rows("SELECT kind FROM audit_events")}
    assert "run_blocked" in kinds


def test_a_missing_permission_is_an_error_at_once(house: House) -> None:
    house.github.fault("GET", "/collaborators/", 403)
    house.deliver_pull()
    house.work()
    house.approve()
    assert "error" in house.states()


def test_a_forced_shared_policy_that_is_not_there_is_an_error(house: House) -> None:
    house.with_settings(policy_options=server_options.parse("force_shared_policy: true"))
    house.deliver_pull()
    house.work()
    assert house.statuses() == [("error", "No policy found in acme/.github@HEAD: policy.yml")]


@pytest.mark.parametrize("text", ["policy: [", "polcy: {}", "policy: {approval: [unknown]}", "\x00"])
def test_a_policy_that_is_not_understood_is_an_error(house: House, text: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": text}, by="acme")
    house.deliver_pull()
    house.work()
    assert house.statuses() == [("error", "Invalid policy in acme/widget@main: .policy.yml")]


def test_an_error_after_a_success_takes_the_success_back(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()
    house.github.push(REPOSITORY, "main", {".policy.yml": "nonsense"}, by="acme")
    house.deliver(house.event("push", None, branch="main", head_sha="b" * 40))
    house.work()
    assert house.states() == ["pending", "success", "error"]


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
    assert house.states() == ["pending"]


def test_a_rate_limit_puts_the_evaluation_off_without_an_attempt(house: House) -> None:
    house.github.limit_secondary("POST", "/graphql", status=429, retry_after=45)
    house.deliver_pull()
    house.work()
    assert (house.newest_run()["status"], house.newest_run()["attempts"]) == ("pending", 0)
    house.clock.forward(46)
    house.sweep()
    assert house.states() == ["pending"]


def test_the_excess_over_the_limit_of_a_minute_gets_a_time(house: House) -> None:
    house.with_settings(evaluations_per_minute=1)
    house.deliver_pull()
    house.work()
    house.deliver_pull(action="edited")
    house.work()
    assert (house.newest_run()["status"], house.newest_run()["attempts"]) == ("pending", 0)
    assert "used up" in str(house.newest_run()["error"])


def test_without_redis_nothing_is_evaluated(house: House) -> None:
    house.with_settings(redis_url="redis://127.0.0.1:1/0")
    house.deliver_pull()
    house.work()
    assert house.newest_run()["status"] == "pending"
    assert house.rows("SELECT id FROM evaluations") == []


def test_the_local_reader_knows_nothing_and_says_so(house: House) -> None:
    house.with_settings(github_reader="local")
    house.deliver_pull()
    house.work()
    assert "GITHUB_READER=live" in str(house.newest_run()["error"])
    assert house.statuses() == []


def test_a_worker_that_lost_its_lease_records_nothing(house: House) -> None:
    house.deliver_pull()
    _, run_id = house.sent.pop(0)

    def steal(name: str) -> None:
        if name == "evaluate.judged":
            house.rows("UPDATE steps SET lease = gen_random_uuid() RETURNING id")

    object.__setattr__(house.context, "checkpoint", steal)
    house.run("evaluate.pull_request", run_id)
    assert house.rows("SELECT id FROM evaluations") == []
    assert house.sent == []


def test_a_run_whose_worker_died_is_done_by_another(house: House) -> None:
    house.deliver_pull()
    _, run_id = house.sent.pop(0)
    with house.dying_at("evaluate.judged"):
        house.run("evaluate.pull_request", run_id)
    house.sweep()
    assert house.statuses() == []
    house.clock.forward(house.context.settings.lease_seconds + 1)
    house.sweep()
    house.clock.forward(2)
    house.sweep()
    assert house.states() == ["pending"]


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
    assert house.states()[-1] == "success"
