"""A pull request that is turned to another base branch, or closed: no success stays behind for the way back."""

from tests.tasks.house import POLICY, REPOSITORY, House

MORE = POLICY.replace("count: 1", "count: 2")


def _retarget(house: House, base: str) -> None:
    house.github.retarget(REPOSITORY, 1, base)
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.deliver(house.event("pull_request", "edited", pulls=(1,), head_sha=head, branch=base))
    house.work()


def _approved(house: House) -> None:
    house.github.push(REPOSITORY, "release", {".policy.yml": MORE}, by="alice")
    house.deliver_pull()
    house.work()
    house.approve()


def _shown(house: House, base: str) -> list[tuple[str, str]]:
    found = [entry.body for entry in house.github.writes("/statuses/")]
    return [(body["state"], body["description"]) for body in found if body["context"] == f"mergegate: {base}"]


def test_it_is_judged_by_the_new_base_and_known_to_go_there(house: House) -> None:
    _approved(house)
    _retarget(house, "release")
    assert _shown(house, "release") == [("pending", "0/1 rules approved")]
    assert house.rows("SELECT base_ref FROM pulls") == [{"base_ref": "release"}]


def test_the_success_it_had_before_is_taken_back(house: House) -> None:
    _approved(house)
    _retarget(house, "release")
    assert _shown(house, "main")[1:] == [
        ("success", "All rules are approved"),
        ("pending", "No open pull request with this commit goes into main any more."),
    ]
    kinds = [row["kind"] for row in house.rows("SELECT kind FROM audit_events WHERE kind = 'base_left'")]
    assert kinds == ["base_left"]


def test_it_is_taken_back_once_only(house: House) -> None:
    _approved(house)
    _retarget(house, "release")
    house.deliver_pull(action="edited")
    house.work()
    assert [state for state, _ in _shown(house, "main")] == ["pending", "success", "pending"]


def test_on_the_way_back_it_is_judged_anew(house: House) -> None:
    _approved(house)
    _retarget(house, "release")
    _retarget(house, "main")
    assert _shown(house, "main")[-1] == ("success", "All rules are approved")


def test_a_verdict_that_was_no_success_stays(house: House) -> None:
    house.github.push(REPOSITORY, "release", {".policy.yml": POLICY}, by="alice")
    house.deliver_pull()
    house.work()
    _retarget(house, "release")
    assert _shown(house, "main") == [("pending", "0/1 rules approved")]


def test_it_is_taken_back_though_the_new_base_can_not_be_judged(house: House) -> None:
    _approved(house)
    house.github.fault("GET", "/branches/release", 502, times=9)
    _retarget(house, "release")
    assert _shown(house, "release") == []
    assert _shown(house, "main")[-1][0] == "pending"


def test_a_success_that_another_pull_request_shares_stays_its_own(house: House) -> None:
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.github.create_branch(REPOSITORY, "twin", at=head)
    twin = house.github.open_pull(REPOSITORY, "twin", by="bob").number
    house.deliver_pull(twin)
    _approved(house)
    house.github.review(REPOSITORY, twin, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(twin,)))
    house.work()
    assert _shown(house, "main")[-1][0] == "success"
    _retarget(house, "release")
    house.sweep()
    assert _shown(house, "main")[-1] == ("success", "All rules are approved")
    assert house.rows("SELECT number, base_ref FROM evaluations ORDER BY seq DESC LIMIT 1") == [
        {"number": twin, "base_ref": "main"}
    ]


def test_a_status_that_was_never_written_is_not_taken_back(house: House) -> None:
    house.with_settings(github_projector="local")
    _approved(house)
    _retarget(house, "release")
    rows = house.rows("SELECT content ->> 'context' AS context, content ->> 'state' AS state FROM intents")
    assert sorted((row["context"], row["state"]) for row in rows) == [
        ("mergegate: main", "pending"),
        ("mergegate: main", "success"),
        ("mergegate: release", "pending"),
    ]


def test_a_success_that_may_be_there_is_taken_back_though_nobody_could_read_it(house: House) -> None:
    _approved(house)
    house.put_writes("content ->> 'state' = 'success'", "blocked")
    _retarget(house, "release")
    assert [state for state, _ in _shown(house, "main")] == ["pending", "success", "pending"]


def test_a_closed_one_leaves_no_success_to_be_opened_again_on(house: House) -> None:
    _approved(house)
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="closed")
    house.work()
    assert _shown(house, "main")[-1] == ("pending", "No open pull request with this commit goes into main any more.")
    house.github.reopen(REPOSITORY, 1)
    house.deliver_pull(action="reopened")
    house.work()
    assert _shown(house, "main")[-1] == ("success", "All rules are approved")


def test_a_merged_one_keeps_its_success(house: House) -> None:
    _approved(house)
    house.github.merge(REPOSITORY, 1, by="alice")
    house.deliver_pull(action="closed")
    house.work()
    assert [state for state, _ in _shown(house, "main")] == ["pending", "success"]
