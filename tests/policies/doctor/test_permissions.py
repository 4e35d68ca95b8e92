"""What doctor says of permissions: what is missing, and what is more than this gate ever uses."""

from typing import Any

import pytest

from policies.contents import SWITCHES
from policies.doctor import permissions
from policies.doctor.facts import Finding, Home, Purpose

READS = dict.fromkeys(permissions.READ, "read")
STATUS = {**READS, "statuses": "write"}
MERGES = {**STATUS, "contents": "write", "pull_requests": "write", "administration": "read"}
MERGING = Purpose(writes=("status",), merges=True)


def _judge(held: dict[str, str], purpose: Purpose | None = None) -> list[Finding]:
    home = Home(full_name="acme/widget", permissions=tuple(held.items()))
    return list(permissions.judge(home, purpose or Purpose(writes=("status",))))


def _codes(held: dict[str, str], purpose: Purpose | None = None) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in _judge(held, purpose)]


def test_exactly_what_is_needed_is_enough() -> None:
    assert _codes(STATUS) == [("PERMISSIONS", "ok")]
    assert _codes(READS, Purpose()) == [("PERMISSIONS", "ok")]
    assert _codes(MERGES, MERGING) == [("PERMISSIONS", "ok")]


@pytest.mark.parametrize("name", STATUS)
def test_each_that_is_missing_is_named(name: str) -> None:
    (finding,) = _judge({held: level for held, level in STATUS.items() if held != name})
    assert (finding.code, finding.severity) == ("PERMISSION_MISSING", "error")
    assert f"{name}: {STATUS[name]}" in finding.sentence


def test_reading_is_not_writing() -> None:
    assert _codes(READS) == [("PERMISSION_MISSING", "error")]


def test_several_are_named_together() -> None:
    (finding,) = _judge({})
    assert "checks: read, contents: read, issues: read" in finding.sentence


@pytest.mark.parametrize("name", ["contents", "pull_requests", "administration"])
def test_a_merge_needs_more(name: str) -> None:
    assert _codes({**MERGES, name: "none"}, MERGING) == [("PERMISSION_MISSING", "error")]


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_switch_needs_its_permission(switch: str) -> None:
    needed = permissions.OF_WRITES[switch]
    purpose = Purpose(writes=(switch,))
    assert _codes({**READS, needed: "write"}, purpose) == [("PERMISSIONS", "ok")]
    assert _codes(READS, purpose) == [("PERMISSION_MISSING", "error")]


def test_workflow_files_need_theirs() -> None:
    purpose = Purpose(writes=("branch_create",), workflow_files=True)
    held = {**READS, "contents": "write"}
    assert _codes(held, purpose) == [("PERMISSION_MISSING", "error")]
    assert _codes({**held, "workflows": "write"}, purpose) == [("PERMISSIONS", "ok")]


@pytest.mark.parametrize("name", ["contents", "members", "secrets", "workflows", "issues"])
def test_more_than_is_ever_used_is_told(name: str) -> None:
    (finding,) = _judge({**STATUS, name: "write"})
    assert (finding.code, finding.severity) == ("PERMISSION_TOO_WIDE", "warning")
    assert name in finding.mend


@pytest.mark.parametrize("level", ["write", "admin"])
def test_who_may_take_the_protection_away_is_an_error(level: str) -> None:
    assert _codes({**MERGES, "administration": level}, MERGING) == [("PERMISSION_TOO_WIDE", "error")]


@pytest.mark.parametrize("more", [{"workflows": "write"}, {"merge_queues": "write"}, {"issues": "write"}])
def test_what_a_merge_may_need_is_not_too_much(more: dict[str, str]) -> None:
    assert _codes({**MERGES, **more}, MERGING) == [("PERMISSIONS", "ok")]


def test_a_level_that_nobody_knows_is_none() -> None:
    held: dict[str, Any] = {**STATUS, "secrets": "perhaps"}
    assert _codes(held) == [("PERMISSIONS", "ok")]


def test_missing_and_too_much_are_both_told() -> None:
    assert [code for code, _ in _codes({**READS, "secrets": "write"})] == ["PERMISSION_MISSING", "PERMISSION_TOO_WIDE"]


def test_what_is_read_and_never_used_is_too_wide() -> None:
    (finding,) = _judge({**STATUS, "secrets": "read"})
    assert (finding.code, finding.severity) == ("PERMISSION_TOO_WIDE", "warning")
    assert "secrets" in finding.sentence
    assert finding.mend


@pytest.mark.parametrize("name", [*permissions.MAY_READ, permissions.DANGEROUS])
def test_what_only_some_need_may_be_read(name: str) -> None:
    assert _codes({**STATUS, name: "read"}) == [("PERMISSIONS", "ok")]
