"""The main job: what arrives becomes one explained status, and only where it changes something."""

from app import ledger
from tests.tasks.house import REPOSITORY, House


def test_it_writes_pending_for_an_opened_pull_request(house: House) -> None:
    house.github.expect("POST", "/statuses/", state="pending")
    house.deliver_pull()
    house.work()
    assert house.statuses() == [("pending", "0/1 rules approved")]
    house.github.finish()


def test_it_writes_success_once_a_writer_has_approved(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending", "success"]


def test_a_push_makes_the_approval_count_no_more(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    house.clock.forward(60)
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    house.deliver_pull(action="synchronize")
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending", "success", "pending"]


def test_the_same_delivery_five_times_is_one_status(house: House) -> None:
    event = house.event("pull_request", "opened", pulls=(1,), head_sha="a" * 40, branch="main")
    for _ in range(5):
        house.deliver(event, guid="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    house.work()
    assert len(house.statuses()) == 1
    assert len(house.rows("SELECT id FROM deliveries")) == 1


def test_a_burst_for_one_pull_request_is_one_evaluation(house: House) -> None:
    for _ in range(5):
        house.deliver_pull(action="edited")
    house.work()
    assert len(house.rows("SELECT id FROM evaluations")) == 1
    assert len(house.rows("SELECT id FROM deliveries")) == 5


def test_a_verdict_that_did_not_change_is_not_written_again(house: House) -> None:
    for _ in range(3):
        house.deliver_pull(action="edited")
        house.work()
    assert len(house.rows("SELECT id FROM evaluations")) == 3
    assert len(house.statuses()) == 1


def test_a_status_that_somebody_overwrote_is_written_again(house: House) -> None:
    house.deliver_pull()
    house.work()
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.github.set_status(REPOSITORY, head, by="mallory", context="mergegate: main", state="success")
    house.deliver(house.event("status", None, head_sha=head))
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending", "pending"]


def test_a_stale_reading_does_not_write_what_is_there(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.github.fault("GET", "/commits/", "stale", times=9)
    house.deliver_pull(action="edited")
    house.work()
    assert len(house.statuses()) == 1


def test_a_fork_check_event_resolves_by_its_head(house: House) -> None:
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.deliver(house.event("check_run", "completed", head_sha=head))
    house.work()
    assert house.statuses() == [("pending", "0/1 rules approved")]


def test_a_push_to_the_base_evaluates_its_open_pull_requests(house: House) -> None:
    house.deliver(house.event("push", None, branch="main", head_sha="b" * 40))
    house.work()
    assert house.statuses() == [("pending", "0/1 rules approved")]


def test_a_closed_pull_request_is_not_judged(house: House) -> None:
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="edited")
    house.work()
    assert house.statuses() == []
    assert house.rows("SELECT status FROM runs") == [{"status": "succeeded"}]


def test_the_local_projector_writes_nothing_and_says_why(house: House) -> None:
    house.with_settings(github_projector="local")
    house.deliver_pull()
    house.work()
    assert house.github.writes() == []
    assert house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions") == [{"code": "TRANSPORT_DISABLED"}]


def test_a_denied_intent_is_written_once_it_is_allowed(house: House) -> None:
    house.with_settings(github_projector="local")
    house.deliver_pull()
    house.work()
    house.with_settings(github_projector="live")
    house.deliver_pull(action="edited")
    house.work()
    assert house.statuses() == [("pending", "0/1 rules approved")]
    assert house.rows("SELECT count(*) AS n FROM intents") == [{"n": 1}]


def test_a_repository_that_is_not_listed_is_not_written_to(house: House) -> None:
    house.with_settings(allowed_repositories=())
    house.deliver_pull()
    house.work()
    assert house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions") == [{"code": "REPO_NOT_ALLOWED"}]


def test_the_audit_holds_every_station(house: House) -> None:
    house.deliver_pull()
    house.work()
    with house.context.pool.connection() as tx:
        entries = list(ledger.read(tx))
    assert [entry.kind for entry in entries] == [
        "delivery_recorded",
        "pull_request_evaluated",
        "write_decided",
        "write_receipted",
    ]
    assert ledger.verify(entries).fault is None


OF_CHECKS = """
policy: {approval: [checks are green]}
approval_rules:
  - name: checks are green
    if: {has_status: {statuses: [ci/test, ci/lint]}}
"""


def test_statuses_and_checks_are_facts_and_red_ones_count_at_once(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": OF_CHECKS}, by="acme")
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    app = house.github.state.installations[house.installation_id].app_id
    house.github.set_status(REPOSITORY, head, by="bob", context="ci/test", state="success")
    house.github.check_run(REPOSITORY, head, app_id=app, name="ci/lint", status="completed", conclusion="success")
    house.deliver_pull()
    house.work()
    assert house.statuses()[-1][0] == "success"
    house.github.check_run(REPOSITORY, head, app_id=app, name="ci/lint", status="completed", conclusion="failure")
    house.deliver(house.event("check_run", "completed", pulls=(1,), head_sha=head))
    house.work()
    assert house.statuses()[-1][0] == "error"
