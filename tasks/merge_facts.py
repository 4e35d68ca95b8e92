"""Read afresh and whole what the merge of a pull request is judged by: all of it at one head, within the time allowed.

The pull request is read first and once more at the end: only where it has not moved in between are the facts of one
moment. Nothing of it comes from a cache, and nothing that could not be read is taken for a no.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.database import Transaction
from app.github import merge_evidence
from app.github.answers import FORBIDDEN, NOT_FOUND, Unavailable
from app.github.merge_documents import GrantedPermission, MergePull, MergeReview
from app.github.reader import Place
from app.records import hooked, sealed_evaluations
from policies.merging.facts import Check, MergeFacts, Protection, Repository
from policies.merging.rules import MergeRules
from policies.merging.situation import StoredEvaluation
from tasks import merge_rules, telling
from tasks.context import Context
from tasks.merge_rules import Home

MOST_TRIES = 2
"""How often all is read, where the head moved meanwhile or the token had run out."""
TO_TRY_AGAIN = frozenset({"HEAD_MOVED", "GITHUB_TOKEN_REFUSED"})
MOST_REVIEWERS = 100
WEB_FLOW = "web-flow"
"""GitHub's own hand, which commits what people merge or edit on its pages."""
BOT_SUFFIX = "[bot]"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """One final read. `pull`: as GitHub showed it last; `labels`: its labels, in small letters.

    `rules_digest`: SHA-256 of the gate file, of nothing where there is none. `policy_digest`: of the policy in force,
    None where it or the gate file is not valid, and `policy_trouble` then says why. `evaluation`: the newest one.
    `hooked_head`: the head that a webhook named and that this reading should have shown. `base_tip`: where the base
    branch was. `read_at`: when the reading began.
    """

    facts: MergeFacts
    pull: MergePull
    labels: tuple[str, ...]
    rules: MergeRules
    rules_digest: str
    policy_digest: str | None
    policy_trouble: str | None
    evaluation: StoredEvaluation | None
    hooked_head: str | None
    base_tip: str
    read_at: datetime


def load(context: Context, place: Place, number: int) -> Loaded:
    """Raises `Unavailable`: `EVIDENCE_FORBIDDEN` where only a person can change that, `PR_NOT_FOUND`, and others."""
    afresh = replace(context, reader=context.reader.afresh())
    for tries in range(1, MOST_TRIES + 1):
        try:
            return _load(afresh, place, number)
        except Unavailable as trouble:
            if tries == MOST_TRIES or trouble.code not in TO_TRY_AGAIN:
                raise for_a_merge(trouble) from None
    raise AssertionError("the last try returns or raises")


def stored_evaluation(tx: Transaction, place: Place, number: int) -> StoredEvaluation | None:
    """The newest stored verdict on the pull request."""
    return sealed_evaluations.stored_for_merge(tx, place.repository_id, number)


def for_a_merge(trouble: Unavailable) -> Unavailable:
    """Where GitHub said that we may not, asking again does not help."""
    refused = trouble.code == "GITHUB_TOKEN_REFUSED" and trouble.status in (FORBIDDEN, NOT_FOUND)
    if trouble.code != "GITHUB_AUTH_FAILED" and not refused:
        return trouble
    return Unavailable("EVIDENCE_FORBIDDEN", trouble.sentence, status=trouble.status)


def _load(context: Context, place: Place, number: int) -> Loaded:
    read_at = context.clock()
    first = _pull(context, place, number)
    home = Home(first.base.repo.full_name if first.base.repo else "", place.repository_id, place.installation_id)
    ruled = merge_rules.read(context, home, first.base.ref)
    evidence = _evidence_of(context, place, first, ruled.rules)
    last = _pull(context, place, number)
    _demand_unmoved(first, last)
    _demand_in_time(context, read_at)
    with context.pool.connection() as tx:
        evaluation = stored_evaluation(tx, place, number)
        told = hooked_head(tx, place, last, evaluation)
        told_reviews = hooked_reviews(tx, place, number, {review.id: review.state for review in evidence.reviews})
    return Loaded(
        facts=_facts(context, place, evidence, _as_tested(first, last, ruled.rules), hooked_reviews=told_reviews),
        pull=last,
        labels=tuple(label.name.lower() for label in last.labels),
        rules=ruled.rules,
        rules_digest=ruled.rules_digest,
        policy_digest=ruled.policy_digest,
        policy_trouble=ruled.trouble,
        evaluation=evaluation,
        hooked_head=told,
        base_tip=ruled.tip,
        read_at=read_at,
    )


def _pull(context: Context, place: Place, number: int) -> MergePull:
    found = context.reader.merge_pull(place, number)
    if found is None:
        raise Unavailable("PR_NOT_FOUND", f"GitHub shows no pull request #{number} any more.", status=NOT_FOUND)
    return found


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """What was read between the two readings of the pull request. `ours`: our login, empty where it is not needed."""

    repository: Repository
    protection: Protection
    reviews: tuple[MergeReview, ...]
    permissions: dict[int, GrantedPermission]
    review_decision: str | None
    checks: tuple[Check, ...]
    pushers: tuple[str, ...]
    pusher_id: int | None
    ours: str


def _evidence_of(context: Context, place: Place, pull: MergePull, rules: MergeRules) -> _Evidence:
    """Where GitHub shows elsewhere that the head moved, as a webhook told before, the pull request is what lags."""
    try:
        return _evidence(context, place, pull, rules)
    except Unavailable as trouble:
        if trouble.code == "HEAD_MOVED" and _is_behind(context, place, pull):
            sentence = f"GitHub still shows the head {pull.head.sha[:10]}, and a webhook has told of a newer one."
            raise Unavailable("READ_BEHIND_WEBHOOK", sentence) from trouble
        raise


def _is_behind(context: Context, place: Place, pull: MergePull) -> bool:
    with context.pool.connection() as tx:
        told = hooked_head(tx, place, pull, stored_evaluation(tx, place, pull.number))
    return told not in (None, pull.head.sha)


def _evidence(context: Context, place: Place, pull: MergePull, rules: MergeRules) -> _Evidence:
    reader = context.reader
    repository = reader.merge_repository(place)
    if repository is None:
        raise Unavailable("GITHUB_AUTH_FAILED", "GitHub hides the repository from us by now.", status=NOT_FOUND)
    classic, ruled = reader.classic_protection(place, pull.base.ref), reader.branch_rules(place, pull.base.ref)
    is_bot = pull.user is not None and pull.user.login.endswith(BOT_SUFFIX)
    reviews = reader.merge_reviews(place, pull.number)
    pushers, pusher_id = _pushers(context, place, pull, rules)
    return _Evidence(
        repository=merge_evidence.repository(repository, classic, ruled),
        protection=merge_evidence.protection(classic, ruled),
        reviews=reviews,
        permissions=_permissions(context, place, reviews),
        review_decision=reader.review_decision(place, pull).review_decision,
        checks=_checks(context, place, pull, rules),
        pushers=pushers,
        pusher_id=pusher_id,
        ours=reader.bot_login() if is_bot else "",
    )


def _permissions(context: Context, place: Place, reviews: tuple[MergeReview, ...]) -> dict[int, GrantedPermission]:
    asked = merge_evidence.askers(reviews)
    if len(asked) > MOST_REVIEWERS:
        sentence = f"{len(asked)} people reviewed, and the permissions of no more than {MOST_REVIEWERS} are read."
        raise Unavailable("EVIDENCE_INCOMPLETE", sentence)
    return {user_id: context.reader.permission_of(place, login, user_id) for user_id, login in asked.items()}


def _checks(context: Context, place: Place, pull: MergePull, rules: MergeRules) -> tuple[Check, ...]:
    """Those of the head, and of the test merge where the rules ask for it."""
    tested = _test_merge(pull) if rules.evaluate_test_merge_commit else None
    shas = (pull.head.sha, *((tested,) if tested else ()))
    return tuple(check for sha in shas for check in checks_on(context, place, sha))


def checks_on(context: Context, place: Place, sha: str) -> tuple[Check, ...]:
    """The checks of one commit, check runs and statuses. Raises `Unavailable`."""
    runs = context.reader.latest_check_runs(place, sha)
    statuses = context.reader.latest_statuses(place, sha)
    return merge_evidence.checks(sha, runs, statuses, context.reader.apps_of(place, statuses))


def _pushers(context: Context, place: Place, pull: MergePull, rules: MergeRules) -> tuple[tuple[str, ...], int | None]:
    """Whom the webhook named, with the id, else those whom the commit names; not asked where the rules don't mind."""
    with context.pool.connection() as tx:
        pusher = hooked.pusher_of(tx, place.repository_id, pull.number, pull.head.sha)
    if pusher is not None:
        return (pusher.login,), pusher.id
    if not rules.forbid_last_pusher:
        return (), None
    commit = context.reader.commit_authors(place, pull.head.sha)
    people = (commit.author, commit.committer) if commit else ()
    return tuple(sorted({person.login for person in people if person} - {WEB_FLOW})), None


def _facts(
    context: Context,
    place: Place,
    evidence: _Evidence,
    pull: MergePull,
    *,
    hooked_reviews: tuple[tuple[int, str], ...],
) -> MergeFacts:
    return MergeFacts(
        pull=merge_evidence.pull(
            pull,
            repository_id=place.repository_id,
            ours=evidence.ours,
            review_decision=evidence.review_decision,
            pushers=evidence.pushers,
            pusher_id=evidence.pusher_id,
        ),
        repository=evidence.repository,
        protection=evidence.protection,
        reviews=merge_evidence.reviews(evidence.reviews, evidence.permissions),
        checks=evidence.checks,
        hooked_reviews=hooked_reviews,
        gate_app_id=context.settings.github_app_id or 0,
        gate_context=telling.status_context(context, pull.base.ref),
    )


def _test_merge(pull: MergePull) -> str | None:
    """The commit that GitHub tries the merge with; None while there is none."""
    return pull.merge_commit_sha if pull.mergeable else None


def _as_tested(first: MergePull, last: MergePull, rules: MergeRules) -> MergePull:
    """Where the test merge was made while the checks were read, nobody knows yet what they say of it."""
    if not rules.evaluate_test_merge_commit or _test_merge(last) in (None, _test_merge(first)):
        return last
    return last.model_copy(update={"mergeable": None})


def _demand_unmoved(first: MergePull, last: MergePull) -> None:
    """What was read in between is about the first head and its base."""
    if (first.head.sha, first.base.ref) != (last.head.sha, last.base.ref):
        raise Unavailable("HEAD_MOVED", "The head or the base of the pull request changed while it was read.")


def _demand_in_time(context: Context, read_at: datetime) -> None:
    most = context.settings.merge_max_read_seconds
    if (context.clock() - read_at).total_seconds() > most:
        raise Unavailable("EVIDENCE_EXPIRED", f"Reading GitHub took longer than {most} s, so the first of it is old.")


def hooked_head(tx: Transaction, place: Place, pull: MergePull, evaluation: StoredEvaluation | None) -> str | None:
    """The head of a webhook that this reading is behind of.

    GitHub's times have whole seconds: of two heads of one second, one that we never heard of is the newer one.
    """
    told = hooked.head_of(tx, place.repository_id, pull.number)
    if told is None or pull.updated_at > told.at:
        return None
    known = evaluation is not None and evaluation.head_sha == pull.head.sha
    known = known or hooked.knows_head(tx, place.repository_id, pull.number, pull.head.sha)
    return told.sha if known or pull.updated_at < told.at else None


def hooked_reviews(tx: Transaction, place: Place, number: int, shown: Mapping[int, str]) -> tuple[tuple[int, str], ...]:
    """Reviews that webhooks told of and that the list lacks, or shows as they were before their dismissal.

    `shown`: the states in the list, by id.
    """
    told = hooked.reviews_of(tx, place.repository_id, number)
    behind = {
        review_id: state
        for review_id, state in told.items()
        if review_id not in shown or (state == hooked.DISMISSED and shown[review_id] != state)
    }
    return tuple(sorted(behind.items()))
