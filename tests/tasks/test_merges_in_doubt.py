"""A merge that stays in doubt is shown to a person, who may say that nothing came of it; then it may be made again."""

from uuid import UUID

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House


@pytest.fixture
def doubted(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """GitHub answered 502, and somebody pushed to the base in the same moment."""
    merging.ready(house)
    monkeypatch.setenv("DATABASE_URL", house.context.settings.database_url)
    house.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(house)
    house.work()
    house.github.push(REPOSITORY, "main", {"other.py": "5"}, by="alice")
    for seconds in (1, 4, 15, 40):
        house.clock.forward(seconds)
        house.sweep()
    assert merging.said(house, run_id) == ("needs_operator", "MERGE_FAILED", "MERGE_PARTIAL")
    return house


OURS = """
INSERT INTO merge_attempts (id, kind, repository_id, full_name, installation_id, number, base_ref, head_sha, request_id,
    state, method, request, history, merge_sha, expires_at, recorded_at)
VALUES (gen_random_uuid(), 'merge', {repository}, 'acme/widget', 5, 99, 'main', '{head}', 'r', 'SUCCEEDED', 'squash',
    '{{}}', '[]', '{sha}', now(), now()) RETURNING id
"""


@pytest.mark.parametrize(
    ("moves", "end"),
    [
        (["ours"], ("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")),
        (["ours", "ours"], ("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")),
        (["theirs", "ours"], ("needs_operator", "MERGE_FAILED", "MERGE_PARTIAL")),
        (["ours", "theirs"], ("needs_operator", "MERGE_FAILED", "MERGE_PARTIAL")),
    ],
)
def test_a_base_that_only_our_other_merges_have_moved_is_no_sign_of_this_one(
    house: House, moves: list[str], end: tuple[str, str, str]
) -> None:
    merging.ready(house)
    house.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(house)
    house.work()
    for number, by in enumerate(moves):
        house.github.push(REPOSITORY, "main", {f"{number}.py": "5"}, by="alice")
        sha = house.github.state.repository(REPOSITORY).branches["main"]
        if by == "ours":
            house.rows(OURS.format(repository=house.repository_id, head=f"{number}" * 40, sha=sha))
    for seconds in (1, 4, 15, 40):
        house.clock.forward(seconds)
        house.sweep()
    assert merging.said(house, run_id) == end
    assert len(merging.puts(house)) == 1


OTHER_RUN = """
INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, current_step, status)
VALUES (gen_random_uuid(), 'merge', 'merge', 'merge:other', 0, '', 0, 'merge', 'running') RETURNING id
"""


def _doubt_while_another_is_under_way(house: House, when: str = "before") -> tuple[UUID, str]:
    """The run, and the attempt of ours that has moved the base and is not recorded yet."""
    merging.ready(house)
    (other_run,) = house.rows(OTHER_RUN)[0].values()
    house.github.fault("PUT", "/merge$", 502, when=when)
    run_id = merging.ask(house)
    house.work()
    house.github.push(REPOSITORY, "main", {"1.py": "5"}, by="alice")
    sha = house.github.state.repository(REPOSITORY).branches["main"]
    (row,) = house.rows(OURS.format(repository=house.repository_id, head="1" * 40, sha=sha))
    house.rows(
        f"UPDATE merge_attempts SET state = 'SENT', run_id = '{other_run}' WHERE id = '{row['id']}' RETURNING id"
    )
    for seconds in (1, 4, 15, 40):
        house.clock.forward(seconds)
        house.sweep()
    return run_id, str(row["id"])


def test_a_base_that_our_other_merge_may_have_moved_is_looked_at_again_once_that_is_recorded(house: House) -> None:
    run_id, other = _doubt_while_another_is_under_way(house)
    assert merging.said(house, run_id) == (None, None, None)
    house.rows(f"UPDATE merge_attempts SET state = 'SUCCEEDED' WHERE id = '{other}' RETURNING id")
    house.clock.forward(60)
    house.sweep()
    assert merging.said(house, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")
    assert len(merging.puts(house)) == 1


def test_a_base_that_our_other_merge_may_have_moved_is_a_sign_where_that_stays_unknown(house: House) -> None:
    run_id, _ = _doubt_while_another_is_under_way(house)
    for _ in range(11):
        house.clock.forward(60)
        house.sweep()
    assert merging.said(house, run_id) == ("needs_operator", "MERGE_FAILED", "MERGE_PARTIAL")
    assert len(merging.puts(house)) == 1


def test_a_base_that_our_other_merge_may_have_moved_is_a_sign_once_that_has_ended_in_doubt(house: House) -> None:
    run_id, _ = _doubt_while_another_is_under_way(house)
    house.rows("UPDATE workflows SET status = 'blocked' WHERE subject = 'merge:other' RETURNING id")
    house.clock.forward(60)
    house.sweep()
    assert merging.said(house, run_id) == ("needs_operator", "MERGE_FAILED", "MERGE_PARTIAL")


def test_a_merge_that_github_shows_waits_for_no_other(house: House) -> None:
    run_id, _ = _doubt_while_another_is_under_way(house, when="after")
    assert merging.said(house, run_id)[0] == "merged"


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["merges", *arguments])
    return done.exit_code, done.output


def test_nothing_is_sent_until_a_person_has_said_what_came_of_it(doubted: House) -> None:
    (attempt,) = doubted.rows("SELECT id, state FROM merge_attempts")
    assert attempt["state"] == "IN_DOUBT"
    merging.merge(doubted)
    assert len(merging.puts(doubted)) == 1
    code, said = _run("doubts")
    assert (code, str(attempt["id"]) in said) == (1, True)


def test_a_merge_that_came_to_nothing_may_be_made_again(doubted: House) -> None:
    (attempt,) = doubted.rows("SELECT id FROM merge_attempts")
    code, said = _run("undo", str(attempt["id"]), "--reason", "only alice's push", "--as", "olga")
    assert (code, "may be merged at" in said) == (0, True)
    assert doubted.rows("SELECT actor FROM audit_events WHERE kind = 'merge_given_up'") == [{"actor": "olga"}]
    merging.evaluated(doubted)
    assert merging.merge(doubted) == ("merged", None, None)
    assert _run("doubts") == (0, "0 merges in doubt.\n")
    assert _run("undo", str(attempt["id"]), "--reason", "again")[0] == 1
