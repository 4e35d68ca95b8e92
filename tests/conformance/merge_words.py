"""The vocabulary of a merge scenario: every field, point, verb and assertion there is; another word is an error."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.simulator.resources import RESOURCES

Record = dict[str, Any]


class WrongScenario(Exception):
    """The scenario itself is wrong or says what no runner can do; the message says where."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCENARIO = _words("id group title given trigger expect")
GIVEN = _words("pr reviews checks statuses repo_settings policy snapshot other_prs pagination script notes")
PULL = _words(
    "linked candidates number repo repo_id state kind merged merged_by auto_merge merge_commit_sha draft author"
    " last_pusher head_sha head_repo head_ref base_ref base_sha mergeable mergeable_state review_decision"
    " requested_reviewers"
)
REVIEW = _words("id user user_id type permission permission_at_review state commit_id submitted_at author_association")
CHECK = _words("id name app_id status conclusion head_sha suite_id")
STATUS = _words("context state sha creator_app_id seq")
REQUIRED = _words("context app_id")
SETTINGS = _words(
    "merge_methods method protection rulesets merge_queue delete_branch gate_is_bypass_actor archived visible id"
)
PROTECTION = _words("readable required_checks required_approvals strict enforce_admins status message")
RULESETS = _words("readable required_checks status message")
RULES = _words(
    "required_approvals approval_must_match_head approver_min_permission allowed_bot_approvers forbid_last_pusher"
    " rerequest_withdraws_approval checks_mode required_checks strict_conclusions skipped_alone_is_evidence"
    " update_branch evaluate_test_merge_commit"
)
POSTURE = _words("frozen dry_run safe_mode")
POLICY = RULES | POSTURE | {"digest"}
SNAPSHOT = _words("present valid invalid_reason head_sha base_ref repo_id policy_digest decision")
OTHER_PULL = _words("number state head_sha head_ref base_ref reviews checks merge_requested_before")
PAGINATION = _words("resource total fill rows_served")
PAGED = {"reviews": REVIEW, "checks": CHECK, "statuses": STATUS, "suites": CHECK | _words("id")}
WEBHOOK = _words("event action fields signature times delivery_id")
SIGNATURES = _words("valid wrong missing")
MATCH = _words("resource method path query number user sha phase")
PHASES = _words("before_put after_put")
COMMITS = _words("intent sent result")
EFFECTS = _words("none full partial wrong_tree")
BODY_KINDS = _words("json html cut empty")
RUN_STATES = _words("INTENT SENT SUCCEEDED FAILED IN_DOUBT")

REQUEST_POINTS = _words("before_request after_effect_before_reply after_request")
POINTS: Mapping[str, frozenset[str]] = {
    "start": frozenset(),
    "before_request": _words("match nth run"),
    "after_effect_before_reply": _words("match nth run"),
    "after_request": _words("match nth run"),
    "after_final_read": _words("nth run"),
    "after_intent": _words("nth run"),
    "before_commit": _words("commit nth run"),
    "elapsed": _words("since seconds"),
    "after_run": frozenset(),
}
SINCE = _words("trigger merge_put")

GITHUB_VERBS: Mapping[str, frozenset[str]] = {
    "set_pr": _words("fields number"),
    "push_head": _words("sha number"),
    "add_review": _words("review number"),
    "dismiss_review": _words("user number"),
    "rerequest_review": _words("user number"),
    "set_permission": _words("user permission"),
    "set_check": _words("check"),
    "add_status": _words("status"),
    "set_repo": _words("fields"),
    "set_ref": _words("ref sha"),
    "merge_by": _words("login head number"),
    "set_policy_file": _words("where content"),
    "set_installation": _words("fields"),
}
FAULTS: Mapping[str, frozenset[str]] = {
    "reply": _words("status message body headers body_kind effect effect_after_seconds for_seconds"),
    "hang": _words("effect effect_after_seconds for_seconds"),
    "drop_connection": _words("effect effect_after_seconds for_seconds"),
    "refuse_connection": _words("for_seconds"),
    "stale_read": _words("fields as_of_sha omit_ids for_seconds"),
}
OUR_VERBS: Mapping[str, frozenset[str]] = {
    "redis": _words("state"),
    "postgres": _words("state"),
    "kill_worker": frozenset(),
    "advance_clock": _words("seconds"),
    "run_concurrently": _words("runs"),
    "redeliver_task": _words("new_run"),
    "accept_merge_request": _words("task request_id"),
    "tick_sweeper": frozenset(),
    "deliver_webhook": WEBHOOK,
    "set_posture": POSTURE,
    "set_attempt_row": _words("state head_sha merge_sha request_id pending"),
}
VERBS = {**{verb: words | {"notify"} for verb, words in GITHUB_VERBS.items()}, **FAULTS, **OUR_VERBS}
AT_A_WORKER = _words("kill_worker redeliver_task")
"""Verbs about the worker at the point; `redeliver_task` also stands after the runs."""

TRIGGERS: Mapping[str, frozenset[str]] = {
    "merge_request": _words("request_id"),
    "sweep": frozenset(),
    "webhook": WEBHOOK,
}
EXPECT = _words("outcome blocker_code detail github_writes max_merge_puts judge post why")
OUTCOMES = _words("merged already_merged blocked retry_scheduled needs_operator would_merge ignored")
WRITE = _words("method path body response message")
ASSERTIONS: Mapping[str, frozenset[str]] = {
    "audit_contains": _words("event fields"),
    "audit_count": _words("event equals"),
    "alert": _words("code fields"),
    "warning": _words("code fields"),
    "blockers": _words("codes"),
    "attempt_state": _words("state count via by"),
    "attempt_evidence": _words("has"),
    "retry_not_before_seconds": _words("seconds"),
    "no_writes_before_retry": _words("scope"),
    "request_count": _words("match equals"),
    "requests_after": _words("match after min"),
    "request_body": _words("match field equals"),
    "refs": _words("refs"),
    "evaluation_queued": _words("head_sha"),
    "run_count": _words("equals"),
    "run_outcomes": _words("outcomes"),
    "snapshot_field": _words("field equals"),
    "issue_state": _words("state"),
}


def check(scenario: Record) -> None:
    """Raise `WrongScenario` for the first word that is not in the vocabulary."""
    known("the scenario", scenario, SCENARIO)
    for part in ("id", "given", "trigger", "expect"):
        if part not in scenario:
            raise WrongScenario(f"the scenario has no {part}")
    _check_given(scenario["given"])
    _check_trigger(scenario["trigger"])
    _check_expect(scenario["expect"])


def known(where: str, used: Mapping[str, Any], words: frozenset[str]) -> None:
    """Raise `WrongScenario` unless every key is one of the words."""
    if unknown := sorted(set(used) - words):
        raise WrongScenario(f"{where} has unknown fields: {', '.join(unknown)}")


def one_of(where: str, value: object, words: Iterable[str]) -> None:
    """Raise `WrongScenario` unless the value is one of the words."""
    if value not in set(words):
        raise WrongScenario(f"{where}: unknown word {value!r}")


def _check_given(given: Record) -> None:
    known("given", given, GIVEN)
    known("pr", given.get("pr", {}), PULL)
    known("policy", given.get("policy", {}), POLICY)
    known("snapshot", given.get("snapshot", {}), SNAPSHOT)
    _check_settings(given.get("repo_settings", {}))
    _check_rows(given)
    for other in given.get("other_prs", []):
        known("other_prs", other, OTHER_PULL)
        _check_rows(other)
    for page in given.get("pagination", []):
        known("pagination", page, PAGINATION)
        one_of("pagination", page.get("resource"), PAGED)
        known(f"fill of {page['resource']}", page.get("fill", {}), PAGED[page["resource"]])
    for number, step in enumerate(given.get("script", []), start=1):
        check_step(f"step {number}", step)


def _check_rows(place: Record) -> None:
    for name, words in (("reviews", REVIEW), ("checks", CHECK), ("statuses", STATUS)):
        for row in place.get(name, []):
            known(name, row, words)


def _check_settings(settings: Record) -> None:
    known("repo_settings", settings, SETTINGS)
    for name, words in (("protection", PROTECTION), ("rulesets", RULESETS)):
        part = settings.get(name) or {}
        known(name, part, words)
        for row in part.get("required_checks") or []:
            known(f"required_checks of {name}", row, REQUIRED)


def check_step(where: str, step: Record) -> None:
    """Raise `WrongScenario` for a step whose point, verb or arguments are not in the vocabulary."""
    at, verb = step.get("at"), step.get("do")
    one_of(f"{where}, at", at, POINTS)
    one_of(f"{where}, do", verb, VERBS)
    known(f"{where} ({at}, {verb})", step, POINTS[str(at)] | VERBS[str(verb)] | {"at", "do"})
    if verb in FAULTS and at != "before_request":
        raise WrongScenario(f"{where}: {verb} stands at {at}, and may only at before_request")
    if "match" in step or at in REQUEST_POINTS:
        check_match(where, step.get("match", {}))
    _check_values(where, step)


def check_match(where: str, match: Record) -> None:
    """Raise `WrongScenario` for a match with an unknown key or value."""
    known(f"{where}, match", match, MATCH)
    if "resource" in match:
        one_of(f"{where}, resource", match["resource"], (*RESOURCES, "any"))
    if "phase" in match:
        one_of(f"{where}, phase", match["phase"], PHASES)


def _check_values(where: str, step: Record) -> None:
    verb = step["do"]
    parts = {
        "set_pr": ("fields", PULL),
        "set_repo": ("fields", SETTINGS),
        "set_installation": ("fields", _words("suspended token")),
        "add_review": ("review", REVIEW),
        "set_check": ("check", CHECK),
        "add_status": ("status", STATUS),
        "stale_read": ("fields", PULL),
    }
    if verb in parts:
        name, words = parts[verb]
        known(f"{where}, {name}", step.get(name) or {}, words)
    if verb == "set_repo":
        _check_settings(step.get("fields") or {})
    allowed: dict[str, Iterable[str]] = {"effect": EFFECTS, "body_kind": BODY_KINDS, "commit": COMMITS, "since": SINCE}
    allowed |= {"signature": SIGNATURES}
    if verb in ("redis", "postgres"):
        allowed["state"] = ("down", "up", "flush") if verb == "redis" else ("down", "up")
    if verb == "set_attempt_row":
        allowed["state"] = RUN_STATES
    if verb == "set_policy_file":
        allowed |= {"where": ("base", "head"), "content": ("valid", "invalid", "relaxed", "absent")}
    if verb == "accept_merge_request":
        allowed["task"] = ("waiting", "lost")
    for name, words_ in allowed.items():
        if name in step:
            one_of(f"{where}, {name}", step[name], words_)


def _check_trigger(trigger: Record) -> None:
    one_of("trigger", trigger.get("kind"), TRIGGERS)
    known("trigger", trigger, TRIGGERS[trigger["kind"]] | {"kind"})
    if trigger["kind"] == "webhook":
        one_of("trigger, signature", trigger.get("signature", "valid"), SIGNATURES)


def _check_expect(expect: Record) -> None:
    known("expect", expect, EXPECT)
    wanted = expect.get("outcome")
    for outcome in wanted if isinstance(wanted, list) else [wanted]:
        one_of("expect, outcome", outcome, OUTCOMES)
    for write in expect.get("github_writes", []):
        known("github_writes", write, WRITE)
    for assertion in expect.get("post", []):
        one_of("post", assertion.get("check"), ASSERTIONS)
        known(f"post {assertion['check']}", assertion, ASSERTIONS[assertion["check"]] | {"check"})
        if "match" in assertion:
            check_match(f"post {assertion['check']}", assertion["match"])
