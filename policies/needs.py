"""Which facts a policy will read, so that nothing else has to be fetched."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from policies import actors, candidates, history
from policies.actors import Actors
from policies.candidates import ReviewState
from policies.error import CannotJudge
from policies.facts import FactMissing, Frozen, PullSnapshot
from policies.mode import Manner
from policies.options import Methods, Options
from policies.policy import Policy, Rule
from policies.predicates.predicate import Predicate

ANY_MANNER = Manner(head_reported=True)
"""Asks about everybody who may count in any manner."""


class FactsNeeded(Frozen):
    """What to fetch; `teams` and `organizations` are those whose members may be asked for, sorted."""

    body: bool
    labels: bool
    files: bool
    commits: bool
    reviews: bool
    comments: bool
    editors: bool
    """When a remark was last edited, and by whom."""
    push_times: bool
    statuses: bool
    workflow_runs: bool
    signatures: bool
    custom_properties: bool
    permissions: bool
    teams: tuple[str, ...]
    organizations: tuple[str, ...]


def facts_needed(policy: Policy) -> FactsNeeded:
    """Comments, reviews and commits are needed together: none of them counts without the others."""
    rules = policy.used_rules()
    people = tuple(_all_actors(policy))
    fields = tuple(field for predicate in _predicates(policy) for field in predicate.needs)
    talk = any(rule.count > 0 for rule in rules) or not policy.disapproval.disapprovers.is_empty
    return FactsNeeded(
        body=any(rule.options.methods.body_patterns for rule in _counting(policy)) or _disapproval_reads_body(policy),
        labels="labels" in fields,
        files="files" in fields,
        commits=talk or "commits" in fields,
        reviews=talk,
        comments=talk,
        editors=talk,
        push_times=any(rule.options.invalidate_on_push for rule in _counting(policy)),
        statuses="statuses" in fields,
        workflow_runs="workflow_runs" in fields,
        signatures="signatures" in fields,
        custom_properties="custom_properties" in fields,
        permissions=any(each.permissions for each in people),
        teams=_sorted(team for each in people for team in each.teams if actors.is_team(team)),
        organizations=_sorted(org for each in people for org in each.organizations),
    )


def users_to_look_up(policy: Policy, snapshot: PullSnapshot) -> tuple[str, ...]:
    """The logins whose permission, team or organization may be asked for, sorted; facts must be there already."""
    return _sorted(
        login for wanted, people in _questions(policy, snapshot) for login in people if wanted.need_lookup(login)
    )


def push_times_to_look_up(policy: Policy, snapshot: PullSnapshot) -> tuple[str, ...]:
    """The commits whose push time is read next and is not known, sorted; what they say may make others needed.

    Strict mode reads no other times, so that it costs no other request.
    """
    return _sorted(
        sha
        for rule in _counting(policy)
        if rule.options.invalidate_on_push
        for sha in _known(partial(_unknown_push, rule.options, snapshot))
    )


def _predicates(policy: Policy) -> tuple[Predicate, ...]:
    written = (predicate for rule in policy.used_rules() for predicate in (*rule.predicates, *rule.conditions))
    return (*written, *policy.disapproval.predicates)


def _counting(policy: Policy) -> tuple[Rule, ...]:
    return tuple(rule for rule in policy.used_rules() if rule.count > 0)


def _disapproval_reads_body(policy: Policy) -> bool:
    written = policy.disapproval
    patterns = (*written.disapprove.body_patterns, *written.revoke.body_patterns)
    return bool(patterns) and not written.disapprovers.is_empty


def _all_actors(policy: Policy) -> Iterator[Actors]:
    yield policy.disapproval.disapprovers
    yield from (predicate.actors() for predicate in _predicates(policy))
    for rule in _counting(policy):
        yield rule.approvers
        if rule.options.ignore_commits_by is not None:
            yield rule.options.ignore_commits_by


def _questions(policy: Policy, snapshot: PullSnapshot) -> Iterator[tuple[Actors, tuple[str, ...]]]:
    """Who is compared with whom."""
    for predicate in _predicates(policy):
        yield predicate.actors(), _known(partial(predicate.people, snapshot))
    for rule in _counting(policy):
        yield rule.approvers, _altered(snapshot)
        yield rule.approvers, _known(partial(_candidates, rule.options.methods, snapshot, "approved"))
        if rule.options.ignore_commits_by is not None:
            yield rule.options.ignore_commits_by, _known(partial(_committers, snapshot))
    written = policy.disapproval
    if not written.disapprovers.is_empty:
        yield written.disapprovers, _altered(snapshot)
        yield written.disapprovers, _known(partial(_candidates, written.disapprove, snapshot, "changes_requested"))
        yield written.disapprovers, _known(partial(_candidates, written.revoke, snapshot, "approved"))


def _known(people: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """Nobody where the facts are missing or of no use: the evaluation will stop there too."""
    try:
        return people()
    except (FactMissing, CannotJudge):
        return ()


def _candidates(methods: Methods, snapshot: PullSnapshot, state: ReviewState) -> tuple[str, ...]:
    return tuple(candidate.login for candidate in candidates.collect(methods, snapshot, state, manner=ANY_MANNER))


def _altered(snapshot: PullSnapshot) -> tuple[str, ...]:
    return tuple(alteration.author for alteration in snapshot.alterations)


def _unknown_push(options: Options, snapshot: PullSnapshot) -> tuple[str, ...]:
    newest = history.considered(options, snapshot)[:1]
    return tuple(sha for commit in newest for sha in history.unknown_push(commit, snapshot))


def _committers(snapshot: PullSnapshot) -> tuple[str, ...]:
    return history.contributors(history.commits(snapshot))


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(names)))
