"""A pull request from a stored artifact: git objects, their branch, the pull request, its labels and reviewers.

The head's SHA is computed before anything is written, so that evidence and approvals are about exactly that commit.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from app.artifacts import artifact as artifacts
from app.artifacts import planning
from app.artifacts.blocked import Blocked, about_all
from app.artifacts.planning import Commission
from app.github.answers import Unavailable
from app.github.documents import ListedPull
from app.github.git_objects import Objects
from app.github.reader import LocalReader, Place
from app.records import artifacts as records
from app.records import bindings, run_intents
from app.records.bindings import Binding
from app.records.wishes import Wish
from app.wished import PullRequest
from policies.contents import (
    BlobContent,
    BranchCreateContent,
    BranchFastForwardContent,
    CommitContent,
    Content,
    GitObject,
    LabelAddContent,
    PullRequestCreateContent,
    PullRequestUpdateContent,
    ReviewRequestContent,
)
from policies.contents.reviews import Logins
from policies.decision import Blocker
from tasks.context import Context
from tasks.standing import READER_LOCAL
from tasks.wishing import Recording

BLOBS, TREE, COMMIT, BRANCH, PULL_REQUEST, AFTERWARDS = range(1, 7)
"""The stages of a pull request: one begins when those before it are written."""
MOST_COMMITS_FOLLOWED = 100


@dataclass(frozen=True)
class Plan:
    """What to write. `branch` and `pull` are None where GitHub shows them so already; `number`: of the pull request."""

    head_sha: str
    objects: tuple[GitObject, ...] = ()
    branch: BranchCreateContent | BranchFastForwardContent | None = None
    pull: PullRequestCreateContent | PullRequestUpdateContent | None = None
    number: int | None = None
    afterwards: tuple[Content, ...] = ()


def plan(context: Context, binding: Binding, place: Place, wish: Wish) -> Plan:
    """What an artifact makes of the base as it is now. Raises `Unavailable`, and `Blocked` with what is in the way."""
    wanted = PullRequest.model_validate_json(wish.text)
    reader = context.reader
    if isinstance(reader, LocalReader):
        raise Unavailable(READER_LOCAL, "The reader is local, so the base is not known; set GITHUB_READER=live.")
    base, tip = _ends(context, binding, place)
    reading = Objects(reader, place)
    made = planning.plan(
        artifacts.read(_stored(context, wanted.artifact)),
        _commission(context, binding, wanted, base, tip),
        reading=reading,
        store=context.artifacts,
    )
    if tip is not None and reading.tree_of(tip) == made.tree.sha:
        return _with_pull(context, binding, place, wanted, Plan(tip))
    branch = (
        BranchCreateContent(branch=binding.head_ref, sha=made.head_sha)
        if tip is None
        else BranchFastForwardContent(branch=binding.head_ref, before=tip, sha=made.head_sha)
    )
    return _with_pull(context, binding, place, wanted, Plan(made.head_sha, made.objects, branch))


def _stored(context: Context, digest: str) -> bytes:
    """What somebody stored as an artifact; the store holds other bytes too, which nobody has to answer for."""
    with context.pool.connection() as tx:
        known = records.get(tx, digest)
    if known is None:
        raise Blocked(about_all("ARTIFACT_MISSING", f"Nobody has stored the artifact {digest}; send it."))
    return context.artifacts.get(digest)


def _ends(context: Context, binding: Binding, place: Place) -> tuple[str, str | None]:
    """Where the base is, and where the head is, which this gate alone has moved; None: it is not there yet."""
    base = context.reader.branch_tip(place, binding.base_ref)
    if base is None:
        sentence = f"{binding.remote} has no branch {binding.base_ref}."
        raise Blocked(Blocker(code="BASE_NOT_FOUND", sentence=sentence, subject=f"base:{binding.base_ref}"))
    tip = context.reader.branch_tip(place, binding.head_ref)
    target = BranchCreateContent(branch=binding.head_ref, sha=base).target_in(place.repository_id)
    with context.pool.connection() as tx:
        is_foreign = tip is not None and not run_intents.is_ours(tx, target, tip)
    if is_foreign:
        sentence = f"{binding.head_ref} is at {tip}, which this gate did not write; take another name."
        raise Blocked(Blocker(code="BRANCH_EXISTS", sentence=sentence, subject=f"head:{binding.head_ref}"))
    return base, tip


def _commission(context: Context, binding: Binding, wanted: PullRequest, base: str, tip: str | None) -> Commission:
    login = context.reader.bot_login()
    return Commission(
        base_sha=base,
        leads_to="branch_create" if tip is None else "branch_fast_forward",
        message=wanted.message.strip() or wanted.title,
        author=login,
        email=f"{login}@users.noreply.github.com",
        at=binding.opened_at,
        allow_workflow_files=context.settings.allow_workflow_files,
        parents=(base,) if tip is None else _parents(context, binding, base, tip),
    )


def _parents(context: Context, binding: Binding, base: str, tip: str) -> tuple[str, ...]:
    """The branch as it is, and the base too where that has moved since the branch last knew it."""
    with context.pool.connection() as tx:
        sha = tip
        for _ in range(MOST_COMMITS_FOLLOWED):
            known = run_intents.commit(tx, binding.repository_id, sha)
            if known is None:
                break
            sha = known["parents"][-1]
    return (tip,) if sha == base else (tip, base)


def _with_pull(context: Context, binding: Binding, place: Place, wanted: PullRequest, plan: Plan) -> Plan:
    """The plan with the pull request: a new one, or what changes in the open one of the branch."""
    owner = binding.remote.partition("/")[0]
    pulls = context.reader.pulls_of_branch(place, owner, binding.head_ref, binding.base_ref)
    known = next((pull for pull in pulls if pull.state == "open"), None)
    if known is None:
        pull = PullRequestCreateContent(
            base=binding.base_ref,
            head=binding.head_ref,
            head_sha=plan.head_sha,
            title=wanted.title,
            body=wanted.body,
            draft=wanted.draft,
            labels=wanted.labels,
            reviewers=wanted.reviewers,
            team_reviewers=wanted.team_reviewers,
        )
        return replace(plan, pull=pull)
    return _updated(context, place, known, wanted, plan)


def _updated(context: Context, place: Place, known: ListedPull, wanted: PullRequest, plan: Plan) -> Plan:
    number = known.number
    shown = context.reader.pull(place, number)
    is_same = shown is not None and (shown.title, shown.body) == (wanted.title, wanted.body)
    update = None if is_same else PullRequestUpdateContent(number=number, title=wanted.title, body=wanted.body)
    lacking = tuple(
        label for label in wanted.labels if shown is None or label not in {each.name for each in shown.labels}
    )
    users, teams = _not_asked(context, place, number, wanted)
    afterwards = _afterwards(number, plan.head_sha, lacking, users, teams)
    return replace(plan, pull=update, number=number, afterwards=afterwards)


def _not_asked(context: Context, place: Place, number: int, wanted: PullRequest) -> tuple[Logins, Logins]:
    """Those of whom no review is awaited now; GitHub minds no case."""
    asked = context.reader.requested_reviewers(place, number)
    users, teams = {user.login.lower() for user in asked.users}, {team.slug.lower() for team in asked.teams}
    return (
        tuple(login for login in wanted.reviewers if login.lower() not in users),
        tuple(slug for slug in wanted.team_reviewers if slug.lower() not in teams),
    )


def _afterwards(
    number: int, head_sha: str, labels: tuple[str, ...], users: tuple[str, ...], teams: tuple[str, ...]
) -> tuple[Content, ...]:
    """What follows a pull request, once it has a number."""
    label = (LabelAddContent(number=number, labels=labels),) if labels else ()
    ask = ReviewRequestContent(number=number, head_sha=head_sha, users=users, teams=teams)
    return (*label, *((ask,) if users or teams else ()))


def record(recording: Recording, plan: Plan) -> None:
    """The intents of a plan: the branch first, whose parts the git objects are."""
    if plan.branch is not None:
        branch_id = recording.add(plan.branch, stage=BRANCH)
        for part in plan.objects:
            recording.add(part, stage=_stage(part), part_of=branch_id)
    if plan.pull is not None:
        recording.add(plan.pull, stage=PULL_REQUEST)
    for content in plan.afterwards:
        recording.add(content, stage=AFTERWARDS)


def follow(recording: Recording) -> None:
    """What follows a pull request that was opened: its labels and reviewers are parts of it."""
    tx, run_id = recording.tx, recording.binding.run_id
    for intent_id, intent in run_intents.of_run(tx, run_id, recording.binding.epoch):
        opened = intent.content
        if not isinstance(opened, PullRequestCreateContent):
            continue
        number = _number(recording, intent_id)
        if number is not None:
            bindings.set_number(tx, run_id, number)
            rest = (opened.labels, opened.reviewers, opened.team_reviewers)
            for content in _afterwards(number, opened.head_sha, *rest):
                recording.add(content, stage=AFTERWARDS, part_of=intent_id)


def _number(recording: Recording, intent_id: UUID) -> int | None:
    """That of the pull request that an intent has opened; None while it has not."""
    remote_id = run_intents.remote_id(recording.tx, intent_id)
    return int(remote_id) if remote_id else None


def _stage(part: GitObject) -> int:
    if isinstance(part, BlobContent):
        return BLOBS
    return COMMIT if isinstance(part, CommitContent) else TREE
