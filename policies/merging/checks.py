"""Whether the checks of a commit speak for the merge of a pull request, and which of them stand against it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Literal

from policies.facts import Frozen
from policies.merging.answer import Against
from policies.merging.facts import Check, MergeFacts
from policies.merging.rules import DEFAULT, MergeRules
from policies.text import short

SKIPPED = "skipped"
PASSING = {"check_run": ("success", "neutral", SKIPPED), "status": ("success",)}
"""The first alone is enough under strict conclusions."""
FAILING = {
    "check_run": ("failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure"),
    "status": ("failure", "error"),
}
MAX_NAMES = 3
"""So many names stand in a sentence; of the others their number."""

Standing = Literal["passed", "pending", "failed", "unknown"]
Context = tuple[str, int | None]
"""A required name, and the App from which it has to come (None: any)."""


class Counts(Frozen):
    """Of the checks of a snapshot."""

    total: int
    failed: int
    pending: int


class ChecksJudged(Frozen):
    """`total`, `failed` and `pending`: of the checks that were judged, which `check_ids` names."""

    status: Literal["PASS", "FAIL"]
    total: int
    failed: int
    pending: int
    against: tuple[Against, ...] = ()
    check_ids: tuple[int, ...] = ()


def count(checks: Iterable[Check]) -> Counts:
    """How the checks stand, each by itself, under the built-in rules; what nobody knows has failed."""
    return _counted(checks, DEFAULT)


def snapshot_hash(owner: str, repo: str, ref: str, checks: Iterable[Check]) -> str:
    """SHA-256, hex, of what the checks say of a commit, whatever their order, their ids and their links."""
    rows = sorted(
        ([check.kind, check.name, check.app_id, check.status, check.conclusion] for check in checks), key=json.dumps
    )
    return hashlib.sha256(json.dumps([owner, repo, ref, rows]).encode()).hexdigest()


def judge(facts: MergeFacts, rules: MergeRules) -> ChecksJudged:
    """Every check by itself, however many have one name, so that the worst counts; what is required has to be there."""
    required = _required(facts, rules)
    foreign = [check for check in facts.checks if check.app_id != facts.gate_app_id]
    judged = [
        check for check in foreign if check.sha in _commits(facts, rules) and _is_asked_for(check, rules, required)
    ]
    on_head = [check for check in foreign if check.sha == facts.pull.head_sha]
    against = (
        *_failed(judged, rules),
        *_pending(judged, rules),
        *_lacking(required, on_head, judged, rules),
    )
    found = _counted(judged, rules)
    return ChecksJudged(
        status="FAIL" if against else "PASS",
        total=found.total,
        failed=found.failed,
        pending=found.pending,
        against=against,
        check_ids=tuple(sorted(check.id for check in judged)),
    )


def _counted(checks: Iterable[Check], rules: MergeRules) -> Counts:
    found = [_standing(check, rules) for check in checks]
    failed = sum(standing in ("failed", "unknown") for standing in found)
    return Counts(total=len(found), failed=failed, pending=found.count("pending"))


def _standing(check: Check, rules: MergeRules) -> Standing:
    if check.status != "completed" or not check.conclusion:
        return "pending"
    passing, failing = PASSING[check.kind], FAILING[check.kind]
    if check.conclusion in (passing[:1] if rules.strict_conclusions else passing):
        return "passed"
    return "failed" if check.conclusion in (*passing, *failing) else "unknown"


def _required(facts: MergeFacts, rules: MergeRules) -> list[Context]:
    """All that is required, by GitHub and by the rules; but for the gate's own, which GitHub itself demands."""
    by_github = {(one.context, one.app_id) for one in facts.protection.required}
    demanded = by_github | {(one.context, one.app_id) for one in rules.required_checks}
    ours = {(facts.gate_context, None), (facts.gate_context, facts.gate_app_id)}
    return sorted(demanded - ours, key=json.dumps)


def _commits(facts: MergeFacts, rules: MergeRules) -> tuple[str | None, ...]:
    head, test_merge = facts.pull.head_sha, facts.pull.merge_commit_sha
    return (head, test_merge) if rules.evaluate_test_merge_commit else (head,)


def _is_asked_for(check: Check, rules: MergeRules, required: list[Context]) -> bool:
    return rules.checks_mode == "all" or any(_fits(check, context) for context in required)


def _fits(check: Check, context: Context) -> bool:
    name, app_id = context
    return check.name == name and app_id in (None, check.app_id)


def _failed(checks: list[Check], rules: MergeRules) -> Iterator[Against]:
    if failed := [check for check in checks if _standing(check, rules) == "failed"]:
        sentence = f"These checks failed: {_names(failed)}; each has to pass."
        yield Against(code="CHECKS_FAILED", detail=None, sentence=sentence)
    if unknown := [check for check in checks if _standing(check, rules) == "unknown"]:
        sentence = (
            f"These checks ended in a way that nobody knows here, which is no pass: {_names(unknown)}; run them again."
        )
        yield Against(code="CHECKS_FAILED", detail="UNKNOWN_CONCLUSION", sentence=sentence)


def _pending(checks: list[Check], rules: MergeRules) -> Iterator[Against]:
    if pending := [check for check in checks if _standing(check, rules) == "pending"]:
        sentence = f"These checks are not finished: {_names(pending)}; ask again when they are."
        yield Against(code="CHECKS_PENDING", detail=None, sentence=sentence)


def _lacking(
    required: list[Context], on_head: list[Check], judged: list[Check], rules: MergeRules
) -> Iterator[Against]:
    """Where nothing has reported for the head, or has only been skipped, that comes before what is missing of it."""
    evidence = [check for check in on_head if check in judged]
    unmet, bare = _unmet(required, on_head, rules), _without_evidence(evidence, rules)
    yield from (*bare, *unmet) if evidence or not on_head else (*unmet, *bare)


def _unmet(required: list[Context], checks: list[Check], rules: MergeRules) -> Iterator[Against]:
    """What is required and not there at all, or there from another App."""
    for context in required:
        if any(_fits(check, context) for check in checks):
            continue
        name = short(context[0])
        green = [check for check in checks if check.name == context[0] and _standing(check, rules) == "passed"]
        detail = "WRONG_SOURCE" if green else f"MISSING_REQUIRED:{name}"
        why = f"has not come from the App {context[1]}, but from somebody else" if green else "has not reported"
        sentence = f"The required check {name} {why}; nothing is merged before it does."
        yield Against(code="CHECKS_PENDING", detail=detail, sentence=sentence, subject=f"check:{name}")


def _without_evidence(checks: list[Check], rules: MergeRules) -> Iterator[Against]:
    """Nothing at all is no evidence, and neither is what was only skipped."""
    if not checks:
        sentence = "No check has reported for the head; at least one has to run and pass."
        yield Against(code="NO_CHECKS_FOUND", detail=None, sentence=sentence)
    elif not rules.skipped_alone_is_evidence and all(check.conclusion == SKIPPED for check in checks):
        sentence = "Every check of the head was skipped; at least one has to run and pass."
        yield Against(code="NO_CHECKS_FOUND", detail="ONLY_SKIPPED", sentence=sentence)


def _names(checks: list[Check]) -> str:
    names = sorted({short(check.name) for check in checks})
    more = [f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    return ", ".join([*names[:MAX_NAMES], *more])
