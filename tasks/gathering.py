"""Take the facts that a policy needs, and no others: of a pull request at its head, and of those it could ask."""

from datetime import datetime
from itertools import product
from operator import attrgetter

from app.github import documents, facts
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records import alterations, pulls
from policies import needs, review_requests
from policies.facts import NOT_FETCHED, Alteration, Commit, Grant, Membership, PullSnapshot
from policies.needs import FactsNeeded
from policies.policy import Policy, Rule
from policies.reviewers import Collaborator, Reviewers, Roster
from tasks.context import Context

MOST_QUESTIONS = 200
MOST_TEAM_MEMBERSHIPS = 5_000
"""Each team is listed once, and answers from that list."""
MOST_PUSH_TIMES = 30
MOST_TEAMS = 50


def snapshot(
    context: Context,
    place: Place,
    pull: documents.Pull,
    repository: str,
    policy: Policy,
    *,
    known: PullSnapshot | None = None,
) -> PullSnapshot:
    """The facts, frozen. Raises `Unavailable`, which names the fact that could not be had.

    `known`: those that were taken of the same pull request for another policy; who may what is asked anew.
    """
    wanted = needs.facts_needed(policy)
    begun = known or facts.snapshot(pull, repository, place.repository_id, context.clock())
    seen_at, since = _seen_at(context, place, pull)
    found = begun.model_copy(update={"head_seen_at": since, **_documents(context, place, pull, wanted, begun)})
    found = found.model_copy(update={"alterations": _alterations(context, found)})
    logins = needs.users_to_look_up(policy, found)
    _demand_bounded(wanted, len(logins))
    found = found.model_copy(update=_people(context, place, found.owner, wanted, logins))
    return _with_push_times(context, place, policy, found, seen_at) if wanted.push_times else found


def _demand_bounded(wanted: FactsNeeded, logins: int) -> None:
    questions = logins * (wanted.permissions + len(wanted.organizations)) + len(wanted.teams)
    if questions > MOST_QUESTIONS or logins * len(wanted.teams) > MOST_TEAM_MEMBERSHIPS:
        sentence = f"The membership of {logins} people would have to be looked up, in too many places."
        raise Unavailable("EVIDENCE_INCOMPLETE", sentence)


def _seen_at(context: Context, place: Place, pull: documents.Pull) -> tuple[datetime, datetime]:
    """When the head was first seen, and since when it is the head."""
    where, now = (place.repository_id, pull.number, pull.head.sha), max(context.clock(), pull.updated_at)
    with context.pool.connection() as tx:
        return pulls.first_seen_at(tx, *where, now), pulls.head_since(tx, *where, now)


def _documents(
    context: Context, place: Place, pull: documents.Pull, wanted: FactsNeeded, known: PullSnapshot
) -> dict[str, object]:
    reader, sha, fetched = context.reader, pull.head.sha, dict[str, object]()
    if wanted.files and not known.knows("files"):
        fetched["files"] = facts.files(reader.files(place, pull))
    if (wanted.commits or wanted.reviews or wanted.comments or wanted.body) and not known.knows("commits"):
        fetched |= _talk(context, place, pull)
    if wanted.statuses and not known.knows("statuses"):
        fetched["statuses"] = facts.statuses(reader.newest_statuses(place, sha), reader.check_runs(place, sha))
    if wanted.workflow_runs and not known.knows("workflow_runs"):
        fetched["workflow_runs"] = facts.workflow_runs(reader.workflow_runs(place, sha))
    if wanted.custom_properties and not known.knows("custom_properties"):
        fetched["custom_properties"] = facts.custom_properties(reader.custom_properties(place))
    return fetched


def _talk(context: Context, place: Place, pull: documents.Pull) -> dict[str, object]:
    """Commits, comments and reviews, without what this gate itself has said: it counts in no rule of its own."""
    read = context.reader.talk(place, pull)
    apps = [said for said in (*read.comments, *read.reviews) if said.author is not None and said.author.is_bot]
    return facts.talk(read, without=context.reader.bot_login() if apps else None)


def _alterations(context: Context, known: PullSnapshot) -> tuple[Alteration, ...]:
    """What webhooks have told of comments, and what GitHub shows of reviews."""
    if not known.knows("reviews"):
        return ()
    where = (known.repository_id, known.number)
    try:
        with context.pool.connection() as tx:
            found = (*alterations.of_pull(tx, *where), *alterations.of_reviews(tx, *where, known.reviews))
    except alterations.TooManyAlterations:
        sentence = f"Others than their authors altered more than {alterations.MOST_ALTERATIONS} remarks."
        raise Unavailable("EVIDENCE_INCOMPLETE", sentence) from None
    return tuple(sorted(found, key=attrgetter("altered_at")))


def _people(
    context: Context, place: Place, owner: str, wanted: FactsNeeded, logins: tuple[str, ...]
) -> dict[str, object]:
    """Who may what; sorted, since the snapshot's digest depends on it."""
    reader = context.reader
    asked = logins if wanted.permissions else ()
    permissions: list[Grant] = [(login, facts.level(reader.permission(place, login))) for login in asked]
    teams: list[Membership] = [
        (team, login, reader.is_team_member(place, owner, team, login)) for team, login in product(wanted.teams, logins)
    ]
    organizations: list[Membership] = [
        (org, login, reader.is_member(place, owner, org, login)) for org, login in product(wanted.organizations, logins)
    ]
    return {
        "permissions": tuple(sorted(permissions)),
        "team_members": tuple(sorted(teams)),
        "org_members": tuple(sorted(organizations)),
    }


def _with_push_times(
    context: Context, place: Place, policy: Policy, known: PullSnapshot, seen_at: datetime
) -> PullSnapshot:
    """The push times that the policy comes to ask for, one commit after the other from the newest that counts."""
    for _ in range(MOST_PUSH_TIMES):
        shas = needs.push_times_to_look_up(policy, known)
        if not shas:
            return known
        pushed_at = {sha: _pushed_at(context, place, known, sha, seen_at) for sha in shas}
        commits = tuple(_pushed(commit, pushed_at) for commit in known.commits)
        known = known.model_copy(update={"commits": commits})
    raise Unavailable(
        "EVIDENCE_INCOMPLETE", f"More than {MOST_PUSH_TIMES} commits would have to be asked for a status."
    )


def _pushed(commit: Commit, pushed_at: dict[str, datetime | None]) -> Commit:
    return commit.model_copy(update={"pushed_at": pushed_at[commit.sha]}) if commit.sha in pushed_at else commit


def _pushed_at(context: Context, place: Place, known: PullSnapshot, sha: str, seen_at: datetime) -> datetime | None:
    """The oldest status on the commit, as in policy-bot, or when we first saw it as the head, if that is earlier.

    policy-bot's own first status normally tells the time of the push; a gate that may not write yet has none.
    """
    oldest = context.reader.oldest_status_at(place, sha)
    if sha != known.head_sha:
        return oldest
    return min(seen_at, oldest) if oldest is not None else seen_at


def reviewers(context: Context, place: Place, pull: documents.Pull, rules: tuple[Rule, ...]) -> Reviewers:
    """Whom these rules could ask, and who was asked before. A team or organization that can't be listed is left out."""
    wanted, reader = review_requests.reviewers_needed(rules), context.reader
    owner = pull.base.repo.owner.login if pull.base.repo else ""
    teams = reader.repository_teams(place) if wanted.collaborators or wanted.repository_teams else ()
    return Reviewers(
        collaborators=_collaborators(context, place, owner, teams) if wanted.collaborators else NOT_FETCHED,
        repository_teams=tuple((team.slug, facts.team_level(team)) for team in teams)
        if wanted.repository_teams
        else NOT_FETCHED,
        requested=facts.requested(*reader.review_requests(place, pull)),
        teams=_listed(context, place, owner, wanted.teams),
        organizations=_listed(context, place, owner, wanted.organizations),
    )


def _collaborators(
    context: Context, place: Place, owner: str, teams: tuple[documents.RepositoryTeam, ...]
) -> tuple[Collaborator, ...]:
    """GitHub doesn't say through what somebody holds a permission, so the teams' members are listed for that."""
    if len(teams) > MOST_TEAMS:
        raise Unavailable("EVIDENCE_INCOMPLETE", f"More than {MOST_TEAMS} teams would have to be listed.")
    through_teams = tuple(
        (login, facts.team_level(team))
        for team in teams
        for login in context.reader.members(place, owner, f"{owner}/{team.slug}")
    )
    everybody, direct = (context.reader.collaborators(place, affiliation) for affiliation in ("all", "direct"))
    return facts.collaborators(everybody, direct, through_teams)


def _listed(context: Context, place: Place, owner: str, groups: tuple[str, ...]) -> tuple[Roster, ...]:
    found: list[Roster] = []
    for group in groups:
        try:
            found.append((group, context.reader.members(place, owner, group)))
        except Unavailable as trouble:
            if trouble.not_before is not None:
                raise
    return tuple(found)
