"""Who should be asked for a review, while a rule waits for one."""

import hashlib
from collections.abc import Iterator

from policies.actors import is_team
from policies.error import CannotJudge
from policies.facts import LEVELS, Frozen, PullSnapshot
from policies.policy import Policy, Rule
from policies.predicates.predicate import Trigger
from policies.result import Result
from policies.reviewers import Collaborator, Reviewers, Roster

USER_MODES = ("all-users", "random-users")
TEAM_MODE = "teams"
ONLY_TALK: tuple[Trigger, ...] = ("comment", "review")


class ReviewersNeeded(Frozen):
    """What to fetch before anybody can be asked; the teams and organizations are to be listed, sorted."""

    collaborators: bool
    repository_teams: bool
    teams: tuple[str, ...]
    organizations: tuple[str, ...]


class RuleRequest(Frozen):
    """What one rule asks for: `count` of the eligible users, or the teams (slugs)."""

    rule: str
    eligible: tuple[str, ...] = ()
    count: int = 0
    teams: tuple[str, ...] = ()


class ReviewRequest(Frozen):
    """Whom to ask, and nobody who was asked before or has reviewed the head."""

    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def waiting_rules(policy: Policy, result: Result) -> tuple[Rule, ...]:
    """The pending rules under pending parents whose options ask for a review."""
    by_name = {rule.name: rule for rule in policy.rules}
    found = (by_name[leaf.name] for leaf in _pending(result)) if result.status == "pending" else ()
    return tuple(rule for rule in found if rule.options.request_review.enabled)


def is_time(snapshot: PullSnapshot, events: tuple[Trigger, ...]) -> bool:
    """Whether anybody should be asked now: not for a draft, nor because somebody has only said something."""
    return not snapshot.draft and any(event not in ONLY_TALK for event in events)


def reviewers_needed(rules: tuple[Rule, ...]) -> ReviewersNeeded:
    """What `requests` reads for these rules; `choose` reads who was asked before, too."""
    by_user = tuple(rule for rule in rules if rule.options.request_review.mode in USER_MODES)
    return ReviewersNeeded(
        collaborators=bool(by_user),
        repository_teams=any(rule.options.request_review.mode == TEAM_MODE for rule in rules),
        teams=_sorted(team for rule in by_user for team in rule.approvers.teams if is_team(team)),
        organizations=_sorted(org for rule in by_user for org in rule.approvers.organizations),
    )


def requests(rules: tuple[Rule, ...], snapshot: PullSnapshot, reviewers: Reviewers) -> tuple[RuleRequest, ...]:
    """Raise `CannotJudge` for an unknown mode, `FactMissing` for a fact that was not fetched."""
    return tuple(_request(rule, snapshot, reviewers) for rule in rules)


def choose(wanted: tuple[RuleRequest, ...], snapshot: PullSnapshot, reviewers: Reviewers) -> ReviewRequest:
    """The same people whenever it is asked: the choice depends on the pull request alone."""
    users = (login for request in wanted for login in chosen(request, snapshot))
    teams = (slug for request in wanted for slug in request.teams)
    asked = tuple((requested.kind, requested.name) for requested in reviewers.requested)
    on_head = tuple(review for review in snapshot.reviews if review.sha == snapshot.head_sha)
    authors = tuple(review.author for review in on_head)
    slugs = tuple(slug for review in on_head for slug in review.on_behalf_of)
    return ReviewRequest(
        users=_sorted(login for login in users if login not in authors and ("user", login) not in asked),
        teams=_sorted(slug for slug in teams if slug not in slugs and ("team", slug) not in asked),
    )


def chosen(request: RuleRequest, snapshot: PullSnapshot) -> tuple[str, ...]:
    """As many of the eligible users as are wanted, the same ones whenever it is asked."""
    if request.count == len(request.eligible):
        return request.eligible
    seed = f"{snapshot.repository_id} {snapshot.number} {snapshot.created_at.isoformat()} {request.rule}"
    ranked = sorted(request.eligible, key=lambda login: hashlib.sha256(f"{seed} {login}".encode()).hexdigest())
    return tuple(ranked[: request.count])


def _pending(result: Result) -> Iterator[Result]:
    for child in result.children:
        if child.kind == "rule" and child.status == "pending":
            yield child
        elif child.status == "pending" or _hides_pending(child):
            yield from _pending(child)


def _hides_pending(result: Result) -> bool:
    """policy-bot looks into an operator that has failed, too."""
    return result.status == "error" and any(child.status == "pending" for child in result.children)


def _request(rule: Rule, snapshot: PullSnapshot, reviewers: Reviewers) -> RuleRequest:
    wanted = rule.options.request_review
    if wanted.mode == TEAM_MODE:
        return RuleRequest(rule=rule.name, teams=_teams(rule, snapshot, reviewers))
    if wanted.mode not in USER_MODES:
        raise CannotJudge(f"{wanted.mode!r} is not a mode of request_review")
    eligible = _eligible(rule, snapshot, reviewers)
    count = len(eligible) if wanted.mode == "all-users" else min(wanted.count or rule.count, len(eligible))
    return RuleRequest(rule=rule.name, eligible=eligible, count=max(count, 0))


def _teams(rule: Rule, snapshot: PullSnapshot, reviewers: Reviewers) -> tuple[str, ...]:
    wanted = rule.approvers
    return _sorted(
        slug
        for slug, level in reviewers.repository_teams
        if f"{snapshot.owner}/{slug}" in wanted.teams or level in wanted.permissions
    )


def _eligible(rule: Rule, snapshot: PullSnapshot, reviewers: Reviewers) -> tuple[str, ...]:
    wanted = rule.approvers
    lowest = min((LEVELS.index(level) for level in wanted.permissions), default=0)
    collaborators = tuple(person for person in reviewers.collaborators if LEVELS.index(person.level) >= lowest)
    named = (
        *wanted.users,
        *_listed(wanted.teams, reviewers.teams),
        *_listed(wanted.organizations, reviewers.organizations),
        *(person.login for person in collaborators if _holds(person, rule)),
    )
    possible = tuple(person.login for person in collaborators if person.login != snapshot.author)
    return _sorted(login for login in named if login in possible)


def _holds(person: Collaborator, rule: Rule) -> bool:
    return any(level in rule.approvers.permissions for level in person.direct)


def _listed(names: tuple[str, ...], rosters: tuple[Roster, ...]) -> tuple[str, ...]:
    """Everybody in these; nobody at all if one of them could not be listed."""
    known = dict(rosters)
    if any(name not in known for name in names):
        return ()
    return tuple(login for name in names for login in known[name])


def _sorted(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(names)))
