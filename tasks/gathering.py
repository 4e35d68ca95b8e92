"""Take the facts that a policy needs, and no others, at the head commit of a pull request."""

from datetime import datetime

from app.github import documents, facts
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records import pulls
from policies import needs
from policies.document import Policy
from policies.facts import PullSnapshot
from tasks.context import Context


def snapshot(context: Context, place: Place, pull: documents.Pull, repository: str, policy: Policy) -> PullSnapshot:
    """The facts, frozen. Raises `Unavailable`, which names the fact that could not be had."""
    wanted = needs.facts_needed(policy)
    known = facts.snapshot(pull, repository, place.repository_id, context.clock())
    fetched: dict[str, object] = {}
    reader = context.reader
    if wanted.files:
        fetched["files"] = facts.files(reader.files(place, pull))
    if wanted.commits:
        pushed_at = _pushed_at(context, place, pull.head.sha) if wanted.push_times else None
        fetched["commits"] = facts.commits(reader.commits(place, pull), pull.head.sha, pushed_at)
    if wanted.reviews:
        fetched["reviews"] = facts.reviews(reader.reviews(place, pull.number))
    if wanted.comments:
        fetched["comments"] = facts.comments(reader.comments(place, pull.number))
    known = known.model_copy(update=fetched)
    return known.model_copy(update={"permissions": _permissions(context, place, policy, known)})


def _pushed_at(context: Context, place: Place, sha: str) -> datetime:
    """The oldest status on the commit, or when we first saw it as a head, whichever is earlier.

    policy-bot takes its own first status for the time of the push; a gate that may not write yet has none.
    """
    with context.pool.connection() as tx:
        seen = pulls.first_seen_at(tx, place.repository_id, sha, context.clock())
    oldest = context.reader.oldest_status_at(place, sha)
    return min(seen, oldest) if oldest is not None else seen


def _permissions(context: Context, place: Place, policy: Policy, known: PullSnapshot) -> tuple[tuple[str, str], ...]:
    logins = needs.users_to_look_up(policy, known)
    if len(logins) > MOST_LOGINS:
        raise Unavailable("EVIDENCE_INCOMPLETE", f"More than {MOST_LOGINS} people's permissions would be needed.")
    return tuple(sorted((login, facts.level(context.reader.permission(place, login))) for login in logins))


MOST_LOGINS = 100
