"""Take the facts that a policy needs, and no others, at the head commit of a pull request."""

from datetime import datetime
from itertools import product

from app.github import documents, facts
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records import pulls
from policies import needs
from policies.facts import Grant, Membership, PullSnapshot
from policies.needs import FactsNeeded
from policies.policy import Policy
from tasks.context import Context

MOST_QUESTIONS = 200


def snapshot(context: Context, place: Place, pull: documents.Pull, repository: str, policy: Policy) -> PullSnapshot:
    """The facts, frozen. Raises `Unavailable`, which names the fact that could not be had."""
    wanted = needs.facts_needed(policy)
    bare = facts.snapshot(pull, repository, place.repository_id, context.clock())
    known = bare.model_copy(update=_documents(context, place, pull, wanted))
    logins = needs.users_to_look_up(policy, known)
    if len(logins) * (wanted.permissions + len(wanted.teams) + len(wanted.organizations)) > MOST_QUESTIONS:
        raise Unavailable("EVIDENCE_INCOMPLETE", f"More than {MOST_QUESTIONS} memberships would have to be looked up.")
    return known.model_copy(update=_people(context, place, known.owner, wanted, logins))


def _documents(context: Context, place: Place, pull: documents.Pull, wanted: FactsNeeded) -> dict[str, object]:
    reader, fetched = context.reader, dict[str, object]()
    if wanted.files:
        fetched["files"] = facts.files(reader.files(place, pull))
    if wanted.commits:
        pushed_at = _pushed_at(context, place, pull) if wanted.push_times else None
        fetched["commits"] = facts.commits(reader.commits(place, pull), pull.head.sha, pushed_at)
    if wanted.reviews:
        fetched["reviews"] = facts.reviews(reader.reviews(place, pull.number))
    if wanted.comments:
        fetched["comments"] = facts.comments(reader.comments(place, pull.number))
    if wanted.statuses:
        sha = pull.head.sha
        fetched["statuses"] = facts.statuses(reader.newest_statuses(place, sha), reader.check_runs(place, sha))
    return fetched


def _pushed_at(context: Context, place: Place, pull: documents.Pull) -> datetime:
    """The oldest status on the head, as in policy-bot, or when we first saw it in this pull request, if earlier.

    policy-bot's own first status normally tells the time of the push; a gate that may not write yet has none.
    """
    sha = pull.head.sha
    with context.pool.connection() as tx:
        seen = pulls.first_seen_at(tx, place.repository_id, pull.number, sha, context.clock())
    oldest = context.reader.oldest_status_at(place, sha)
    return min(seen, oldest) if oldest is not None else seen


def _people(
    context: Context, place: Place, owner: str, wanted: FactsNeeded, logins: tuple[str, ...]
) -> dict[str, object]:
    """Who may what; sorted, since the snapshot's digest depends on it."""
    reader = context.reader
    asked = logins if wanted.permissions else ()
    permissions: list[Grant] = [(login, facts.level(reader.permission(place, login))) for login in asked]
    teams: list[Membership] = [
        (team, login, reader.is_team_member(place, team, login)) for team, login in product(wanted.teams, logins)
    ]
    organizations: list[Membership] = [
        (org, login, reader.is_member(place, owner, org, login)) for org, login in product(wanted.organizations, logins)
    ]
    return {
        "permissions": tuple(sorted(permissions)),
        "team_members": tuple(sorted(teams)),
        "org_members": tuple(sorted(organizations)),
    }
