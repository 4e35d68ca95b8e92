"""Which permissions of an App this gate needs, and which are more than it needs."""

from collections.abc import Iterator, Mapping

from policies.doctor.facts import Finding, Home, Purpose

READ: tuple[str, ...] = ("checks", "contents", "issues", "metadata", "pull_requests", "statuses")
MAY_READ: tuple[str, ...] = ("actions", "deployments", "members", "merge_queues", "repository_custom_properties")
"""Those that only some policies, a merge queue or S6 need; and what protects branches, doctor itself."""
OF_WRITES: Mapping[str, str] = {
    "status": "statuses",
    "check_run": "checks",
    "comment_create": "pull_requests",
    "comment_update": "pull_requests",
    "label_add": "pull_requests",
    "label_remove": "pull_requests",
    "review_approve": "pull_requests",
    "review_dismiss": "pull_requests",
    "review_request": "pull_requests",
    "pull_request_create": "pull_requests",
    "pull_request_update": "pull_requests",
    "branch_create": "contents",
    "branch_fast_forward": "contents",
    "project_field": "organization_projects",
}
"""The permission to write that each switch needs."""
OF_MERGES: tuple[str, ...] = ("contents", "pull_requests")
MAY_WRITE_OF_MERGES: tuple[str, ...] = ("merge_queues", "workflows")
"""A pull request that changes workflow files is merged only by an App that may write them."""
MAY_WRITE: tuple[str, ...] = ("issues",)
"""Comments and labels of pull requests take either permission."""
DANGEROUS = "administration"
"""Who may write it can take the protection away that the gate stands on."""
RANKS: Mapping[str, int] = {"read": 1, "write": 2, "admin": 3}


def judge(home: Home, purpose: Purpose) -> Iterator[Finding]:
    """What is missing and what is too much."""
    held = {name: RANKS.get(level, 0) for name, level in home.permissions}
    missing = [f"{name}: {level}" for name, level in _needed(purpose) if held.get(name, 0) < RANKS[level]]
    if missing:
        yield Finding(
            code="PERMISSION_MISSING",
            severity="error",
            subject=home.full_name,
            sentence=f"The App has too few permissions here: {', '.join(missing)} {_is_are(missing)} missing.",
            mend="Give the App these permissions in its settings, and accept them in the installation.",
        )
    wide = sorted(name for name, rank in held.items() if rank >= RANKS["write"] and name not in _writable(purpose))
    if wide:
        yield Finding(
            code="PERMISSION_TOO_WIDE",
            severity="error" if DANGEROUS in wide else "warning",
            subject=home.full_name,
            sentence=f"The App may write more than this gate ever does: {', '.join(wide)}.",
            mend=f"Take the permission to write {', '.join(wide)} from the App.",
        )
    unused = sorted(name for name, rank in held.items() if rank == RANKS["read"] and name not in _readable(purpose))
    if unused:
        yield Finding(
            code="PERMISSION_TOO_WIDE",
            severity="warning",
            subject=home.full_name,
            sentence=f"The App may read what this gate never reads: {', '.join(unused)}.",
            mend=f"Take the permission to read {', '.join(unused)} from the App.",
        )
    if not (missing or wide or unused):
        yield Finding(
            code="PERMISSIONS", severity="ok", subject=home.full_name, sentence="The App's permissions are enough."
        )


def _is_are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _needed(purpose: Purpose) -> list[tuple[str, str]]:
    written = _written(purpose)
    found = [(name, "write" if name in written else "read") for name in READ]
    found += [(name, "write") for name in sorted(written) if name not in READ]
    return [*found, (DANGEROUS, "read")] if purpose.merges else found


def _written(purpose: Purpose) -> set[str]:
    found = {OF_WRITES[switch] for switch in purpose.writes}
    if purpose.merges:
        found.update(OF_MERGES)
    if purpose.workflow_files:
        found.add("workflows")
    return found


def _readable(purpose: Purpose) -> set[str]:
    return {*READ, *MAY_READ, DANGEROUS, *_writable(purpose)}


def _writable(purpose: Purpose) -> set[str]:
    more = MAY_WRITE_OF_MERGES if purpose.merges else ()
    talks = "pull_requests" in _written(purpose)
    return {*_written(purpose), *more, *(MAY_WRITE if talks else ())}
