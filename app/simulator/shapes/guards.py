"""Protection and rulesets in GitHub's shapes."""

from app.simulator.guards import METHODS, Protection, Required, Ruleset
from app.simulator.records import Repository
from app.simulator.shapes import accounts
from app.simulator.shapes.view import Json, View, node, time

_SECTIONS = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)


def protection(view: View, repository: Repository, branch: str, record: Protection) -> Json:
    """A section that is not set up is left out."""
    url = f"{view.api(repository)}/branches/{branch}/protection"
    found: Json = {"url": url}
    if record.checks is not None:
        found["required_status_checks"] = _checks(f"{url}/required_status_checks", record)
    if record.approvals is not None:
        found["required_pull_request_reviews"] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": False,
            "require_last_push_approval": False,
            "required_approving_review_count": record.approvals,
            **_passes(view, repository),
        }
    signatures = {"url": f"{url}/required_signatures", "enabled": False}
    admins = {"url": f"{url}/enforce_admins", "enabled": record.enforce_admins}
    off = {name: {"enabled": False} for name in _SECTIONS}
    return {**found, "required_signatures": signatures, "enforce_admins": admins, **off}


def summary(repository: Repository, branch: str) -> Json:
    """What a branch says of its classic protection to all who may read it."""
    record = repository.protections.get(branch)
    checks = (record.checks if record else None) or ()
    level = "off" if not checks else "everyone" if record and record.enforce_admins else "non_admins"
    shown = {"enforcement_level": level, "contexts": [c.context for c in checks], "checks": [_check(c) for c in checks]}
    return {"enabled": record is not None, "required_status_checks": shown}


def is_guarded(repository: Repository, branch: str) -> bool:
    """By classic protection or a ruleset."""
    return branch in repository.protections or any(one.rules(branch) for one in repository.rulesets.values())


def rules(record: Ruleset, repository: Repository) -> list[Json]:
    """Each with the ruleset that it is from."""
    kind = "Repository" if record.source == repository.full_name else "Organization"
    origin = {"ruleset_source_type": kind, "ruleset_source": record.source, "ruleset_id": record.id}
    return [{**rule, **origin} for rule in _rules(record)]


def ruleset(view: View, repository: Repository, record: Ruleset) -> Json:
    of_repository = record.source == repository.full_name
    place = f"repos/{record.source}" if of_repository else f"orgs/{record.source}"
    address = f"{view.url}/{place}/rulesets/{record.id}"
    return {
        "id": record.id,
        "name": record.name,
        "target": "branch",
        "source_type": "Repository" if of_repository else "Organization",
        "source": record.source,
        "enforcement": record.enforcement,
        "node_id": node("RRS_", record.id),
        "_links": {"self": {"href": address}, "html": {"href": f"{view.html(repository)}/rules/{record.id}"}},
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
    }


def full_ruleset(view: View, repository: Repository, record: Ruleset, *, passes: str) -> Json:
    """`passes` is whether the caller may: always, pull_requests_only or never."""
    included = ["~ALL" if pattern == "*" else f"refs/heads/{pattern}" for pattern in record.branches]
    actors = [{"actor_id": i, "actor_type": "Integration", "bypass_mode": "always"} for i in repository.bypass_apps]
    return {
        **ruleset(view, repository, record),
        "conditions": {"ref_name": {"include": included, "exclude": []}},
        "rules": _rules(record),
        "bypass_actors": actors,
        "current_user_can_bypass": passes,
    }


def _rules(record: Ruleset) -> list[Json]:
    found: list[Json] = []
    if record.checks is not None:
        wanted = [_configured(check) for check in record.checks]
        told = {"strict_required_status_checks_policy": record.strict, "do_not_enforce_on_create": False}
        found.append({"type": "required_status_checks", "parameters": {**told, "required_status_checks": wanted}})
    if record.approvals is not None or record.methods is not None:
        found.append({"type": "pull_request", "parameters": _reviews(record)})
    if record.queue is not None:
        found.append({"type": "merge_queue", "parameters": _queue(record.queue)})
    return found


def _checks(url: str, record: Protection) -> Json:
    checks = record.checks or ()
    return {
        "url": url,
        "strict": record.strict,
        "contexts": [check.context for check in checks],
        "contexts_url": f"{url}/contexts",
        "checks": [_check(check) for check in checks],
    }


def _check(check: Required) -> Json:
    return {"context": check.context, "app_id": check.app_id}


def _configured(check: Required) -> Json:
    pinned = {} if check.app_id is None else {"integration_id": check.app_id}
    return {"context": check.context, **pinned}


def _reviews(record: Ruleset) -> Json:
    return {
        "required_approving_review_count": record.approvals or 0,
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
        "allowed_merge_methods": list(record.methods or METHODS),
    }


def _queue(method: str) -> Json:
    return {
        "merge_method": method.upper(),
        "grouping_strategy": "ALLGREEN",
        "check_response_timeout_minutes": 60,
        "max_entries_to_build": 5,
        "max_entries_to_merge": 5,
        "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 5,
    }


def _passes(view: View, repository: Repository) -> Json:
    """Who need not have a review: left out where nobody is named."""
    apps = [accounts.app(view, view.state.apps[i]) for i in repository.bypass_apps if i in view.state.apps]
    return {"bypass_pull_request_allowances": {"users": [], "teams": [], "apps": apps}} if apps else {}
