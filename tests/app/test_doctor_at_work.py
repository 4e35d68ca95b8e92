"""Doctor as workers and operators have it look: what it finds besides branches, what it keeps, what it prints."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.github import setup_reading
from app.records import gate_findings, postures, rounds
from app.records.operator_settings import Where
from app.records.postures import Switch
from app.simulator.keys import key_pair
from tasks import inspecting
from tests.app.doctoring import OURS, app_id, codes, counts, inspect, require
from tests.app.test_doctor import guarded
from tests.app.test_explain import house
from tests.tasks.house import REPOSITORY, House

__all__ = ["guarded", "house"]


def test_a_suspended_installation_is_said(house: House) -> None:
    house.github.suspend(house.github.state.installations[house.installation_id])
    assert ("INSTALLATION_SUSPENDED", "") in codes(house)


def test_a_repository_without_the_app_is_said(house: House) -> None:
    house.github.uninstall(house.github.state.installations[house.installation_id])
    assert ("APP_NOT_INSTALLED", "") in codes(house)


def test_another_repository_of_the_name_is_said(house: House) -> None:
    with house.context.pool.connection() as tx:
        tx.execute("INSERT INTO pinned_repositories (full_name, repository_id) VALUES ('acme/widget', 1)")
    assert ("REPO_ID_MISMATCH", "") in codes(house)


def test_permissions_that_this_gate_never_uses_are_said(house: House) -> None:
    assert codes(house)["PERMISSION_TOO_WIDE", ""] == "warning"


def test_the_clock_is_compared_with_github_s(house: House) -> None:
    assert codes(house)["CLOCK", ""] == "ok"
    house.clock.forward(120)
    assert codes(house)["CLOCK_WRONG", ""] == "error"


def test_a_clock_that_is_too_wrong_to_be_our_app_is_named_as_the_reason(house: House) -> None:
    house.clock.forward(3_600)
    found = codes(house)
    assert (found["CLOCK_WRONG", ""], found["APP_UNREADABLE", ""]) == ("error", "error")


def test_an_app_that_github_can_t_show_now_is_said(house: House) -> None:
    house.github.fault("GET", "/app$", 500)
    assert codes(house)["APP_UNREADABLE", ""] == "error"


def test_a_list_of_webhooks_that_can_t_be_read_is_said(house: House) -> None:
    house.github.fault("GET", "/app/hook/deliveries$", 502)
    assert codes(house)["WEBHOOKS_UNKNOWN", ""] == "warning"


def test_the_workers_look_again_later_where_github_gives_no_answer(house: House) -> None:
    house.github.fault("GET", "/app$", "drop")
    assert _look(house) == 0
    house.clock.forward(2)
    assert _look(house) == 1


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("Fri, 01 Jan 2027 12:00:00 GMT", datetime(2027, 1, 1, 12, tzinfo=UTC)),
        ("Fri, 01 Jan 2027 12:00:00 -0000", datetime(2027, 1, 1, 12, tzinfo=UTC)),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_the_time_of_an_answer_is_read_or_not_known(said: str, moment: datetime | None) -> None:
    assert setup_reading._date({"date": said}) == moment


def test_without_any_webhook_it_says_so(house: House) -> None:
    assert codes(house)["WEBHOOKS_SILENT", ""] == "warning"


def test_the_posture_and_an_override_are_said(house: House) -> None:
    house.deliver_pull()
    house.work()
    here = Where(repository_id=house.repository_id, full_name=REPOSITORY)
    with house.context.pool.connection() as tx:
        postures.set_posture(tx, here, Switch(name="safe_mode", on=True), by="olga", reason="Night.", now=house.clock())
        gate_findings.override(tx, house.repository_id, "main", by="olga", reason="A test.", now=house.clock())
    found = codes(house)
    assert (found["SAFE_MODE", ""], found["GATE_OVERRIDDEN", "main"]) == ("warning", "warning")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> int:
    """After so many seconds a worker looks again: our App's own tokens are made by the real time."""
    monkeypatch.setattr(inspecting, "FRESH_SECONDS", 60)
    return 60


def _look(house: House) -> int:
    """A round of looking; how many repositories were looked at."""
    with house.context.pool.connection() as tx:
        rounds.begin(tx, "gates", house.clock())
    [waiting] = house.rows("SELECT id FROM workflows WHERE kind = 'gates' AND status = 'pending'")
    round_id = waiting["id"]
    inspecting.inspect(house.context, round_id)
    [row] = house.rows(f"SELECT output FROM steps WHERE workflow_id = '{round_id}'")
    return int(row["output"]["looked_at"]) if row["output"] else 0


def test_the_workers_look_by_themselves_and_not_too_often(house: House, soon: int) -> None:
    require(house)
    house.deliver_pull()
    house.work()
    assert _look(house) == 1
    assert counts(house)
    assert _look(house) == 0
    house.clock.forward(soon)
    assert _look(house) == 1


def test_a_gate_that_is_required_no_more_is_an_alert_once(house: House, soon: int) -> None:
    ruleset = house.github.add_ruleset(REPOSITORY, checks=[(OURS, app_id(house))])
    house.deliver_pull()
    house.work()
    _look(house)
    house.github.remove_ruleset(REPOSITORY, ruleset.id)
    for _ in range(2):
        house.clock.forward(soon)
        _look(house)
    assert [row["code"] for row in house.rows("SELECT code FROM alerts")] == ["GATE_NOT_REQUIRED"]
    assert not counts(house)


def test_what_was_found_counts_for_a_day(house: House) -> None:
    require(house)
    inspect(house)
    house.clock.forward(int(timedelta(hours=gate_findings.FRESH_HOURS).total_seconds()))
    assert not counts(house)


def test_a_reader_that_is_local_looks_at_nothing(house: House) -> None:
    house.with_settings(github_reader="local")
    assert _look(house) == 0


@pytest.fixture
def command(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The settings of the house in the environment."""
    settings = house.context.settings
    for name in ("database_url", "redis_url", "broker_url", "github_api_url", "github_app_id", "github_reader"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    monkeypatch.setenv("GITHUB_PRIVATE_KEY", key_pair().private)
    monkeypatch.setenv("WEBHOOK_SECRET", "a-secret-for-the-tests")
    monkeypatch.setenv("MERGE_REPOSITORIES", REPOSITORY)
    monkeypatch.setenv("ALLOWED_REPOSITORIES", REPOSITORY)
    return house


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments])


def test_the_command_prints_findings_and_what_mends_them(command: House) -> None:
    result = _run()
    assert result.exit_code == 2
    assert f"GATE_NOT_REQUIRED       {REPOSITORY}:main: The status {OURS} is not required" in result.output
    assert "         Require the status" in result.output


def test_the_command_has_json_too(command: House) -> None:
    require(command)
    document = json.loads(_run("--json").output)
    assert {"code": "GATE_REQUIRED", "severity": "ok"}.items() <= next(
        finding.items() for finding in document["findings"] if finding["code"] == "GATE_REQUIRED"
    )
    assert document["exit_code"] == 1


def test_the_command_keeps_what_it_finds_unless_told_not_to(command: House) -> None:
    require(command)
    _run("--no-record")
    assert not counts(command)
    _run("--repository", REPOSITORY)
    assert counts(command)


def test_the_command_needs_a_live_reader(command: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_READER", "local")
    result = _run()
    assert (result.exit_code, "GITHUB_READER=live" in result.output) == (1, True)


def test_an_operator_overrides_and_takes_it_back(command: House) -> None:
    command.deliver_pull()
    where = ("--repository", REPOSITORY, "--base", "main", "--as", "olga")
    assert _run("override", *where, "--reason", "We own the only admin.").exit_code == 0
    rows = command.rows("SELECT overridden_by, override_reason FROM gate_findings")
    assert rows == [{"overridden_by": "olga", "override_reason": "We own the only admin."}]
    assert _run("override", *where, "--withdraw").exit_code == 0
    assert _run("override", *where, "--withdraw").exit_code == 1
    kinds = [row["kind"] for row in command.rows("SELECT kind FROM audit_events WHERE actor = 'olga' ORDER BY seq")]
    assert kinds == ["gate_overridden", "gate_override_withdrawn"]


@pytest.mark.parametrize("more", [(), ("--reason", "x", "--withdraw"), ("--reason", " ")])
def test_an_override_needs_a_reason(command: House, more: tuple[str, ...]) -> None:
    command.deliver_pull()
    assert _run("override", "--repository", REPOSITORY, "--base", "main", *more).exit_code == 2
    assert command.rows("SELECT * FROM gate_findings") == []


def test_an_override_of_an_unknown_repository_is_refused(command: House) -> None:
    result = _run("override", "--repository", "acme/gear", "--base", "main", "--reason", "x")
    assert (result.exit_code, "never seen acme/gear" in result.output) == (1, True)


def test_a_name_that_is_none_is_refused_before_anything_is_read() -> None:
    result = CliRunner().invoke(main, ["doctor", "--repository", "widget"])
    assert (result.exit_code, "'widget' should be written as owner/repo." in result.output) == (2, True)
