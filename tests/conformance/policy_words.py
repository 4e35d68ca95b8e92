"""The words of a policy case; an unknown one raises `UnknownWord`."""

from typing import Any

from tests.conformance.case import check_words

Record = dict[str, Any]
SOURCES = (
    "comments reviews commits files body team_membership org_membership collaborators statuses workflow_runs labels "
    "repo_teams requested_reviewers pushed_at custom_properties"
)
ACTORS = "users teams organizations permissions"
TRIGGERS = "commit comment review label status pull_request all"
COMMENT = "author body created_at last_edited_at"
REVIEW = f"{COMMENT} id state sha teams"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CASE = _words("id covers policy policy_path event_trigger simulate server_options pull expected")
PULL = _words(
    "raw owner repo number title author created_at state draft base_ref head_ref head_owner head_sha body labels "
    "evaluation_timestamp files commits comments reviews statuses workflow_runs team_members org_members "
    "accessible_orgs collaborators repo_teams requested_reviewers custom_properties errors"
)
ENTRIES = {
    "files": _words("filename previous_filename status additions deletions"),
    "commits": _words("sha parents author committer committed_via_web pushed_at signature"),
    "comments": _words(COMMENT),
    "reviews": _words(REVIEW),
    "collaborators": _words("name permission via_repo permissions"),
    "requested_reviewers": _words("type name removed"),
}
SIGNATURE = _words("type valid key_id key_fingerprint signer state")
GRANT = _words("permission via_repo")
SIMULATE = _words("ignore_comments ignore_reviews add_comments add_reviews base_branch")


def check(case: Record) -> None:
    """Look at every key that has a fixed meaning."""
    check_words(case, CASE)
    check_words(dict.fromkeys(case.get("event_trigger") or ()), _words(TRIGGERS))
    _check_pull(case["pull"])
    _check_simulation(case.get("simulate") or {})


def _check_pull(pull: Record) -> None:
    check_words(pull, PULL)
    check_words(pull.get("body") or {}, _words(COMMENT))
    check_words(pull.get("errors") or {}, _words(SOURCES))
    for group, known in ENTRIES.items():
        for entry in pull.get(group) or ():
            check_words(entry, known)
            check_words(entry.get("signature") or {}, SIGNATURE)
            for grant in entry.get("permissions") or ():
                check_words(grant, GRANT)


def _check_simulation(simulate: Record) -> None:
    check_words(simulate, SIMULATE)
    for group in ("ignore_comments", "ignore_reviews"):
        check_words(simulate.get(group) or {}, _words(ACTORS))
    for group, known in {"add_comments": COMMENT, "add_reviews": REVIEW}.items():
        for entry in simulate.get(group) or ():
            check_words(entry, _words(known))
