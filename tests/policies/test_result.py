"""A result is written as JSON and read back whole; what is no result is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from policies.result import Approver, Ignored, PredicateResult, Result

SAID_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RULE = Result(
    name="a \N{SNOWMAN}",
    kind="rule",
    status="pending",
    description="1/2 required approvals",
    predicates=(PredicateResult(kind="title", satisfied=True, values=("WID-1",), condition_values=("^WID",)),),
    required=2,
    approvers=(Approver(login="ana", source="review", review_id="R1", created_at=SAID_AT),),
    ignored=(Ignored(login="ben", reason="ben is the author of the pull request"),),
)
TREE = Result(name="policy", kind="policy", status="pending", description=RULE.description, children=(RULE,))


def test_it_reads_back_what_it_wrote() -> None:
    assert Result.from_json(TREE.to_json()) == TREE


def test_it_writes_a_map_for_each_part_with_every_field() -> None:
    written = json.loads(TREE.to_json())["children"][0]
    assert list(written) == list(Result._fields)
    approver = {"login": "ana", "source": "review", "review_id": "R1", "created_at": "2026-03-02T09:00:00Z"}
    assert written["approvers"] == [approver]


@pytest.mark.parametrize(
    "wrong",
    [{"unheard_of": ""}, {"status": "perhaps"}, {"required": "2"}, {"children": [{"name": "a"}]}, {"name": None}],
)
def test_it_refuses_what_is_no_result(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Result.from_json(json.dumps({**json.loads(TREE.to_json()), **wrong}))


def test_nobody_can_change_it() -> None:
    with pytest.raises(AttributeError):
        TREE.status = "approved"  # type: ignore[misc]
