"""Take what is known of the run that asks for a write: where it is bound to, its evidence, its approvals."""

from uuid import UUID

from app import work
from app.database import Transaction
from app.github import documents
from app.github.answers import Unavailable
from app.github.reader import Place as At
from app.records import approvals, bindings, evidence, run_intents
from app.records.bindings import Binding
from policies import standing
from policies.contents import (
    BlobContent,
    BranchCreateContent,
    BranchFastForwardContent,
    CheckRunContent,
    CommitContent,
    Content,
    PullRequestCreateContent,
    StatusContent,
    TreeContent,
)
from policies.intents import Intent
from policies.standing import Place, Required, Standing
from tasks.context import Context

READER_LOCAL = "READER_LOCAL"


def place(context: Context, intent: Intent) -> Place:
    """Where a write goes: as its content says it, or as the pull request stands now. Raises `Unavailable`.

    A part of a branch says no place of its own (`of` gives it that of the branch).
    """
    try:
        return _shown(context, intent)
    except Unavailable as trouble:
        if trouble.code != READER_LOCAL:
            raise
    return (_said(intent.content) or Place()).model_copy(update={"remote": intent.repository})


def of(tx: Transaction, intent: Intent, where: Place, required: Required) -> Standing:
    """All that the gate asks of a run, as it is recorded now. Without a binding nothing is known."""
    run_id = UUID(intent.run_id)
    binding = bindings.get(tx, run_id)
    if binding is None:
        return Standing(place=where)
    wished = run_intents.of_run(tx, run_id, binding.epoch)
    known = {str(intent_id): each for intent_id, each in wished}
    whole = intent if intent.part_of is None else known.get(intent.part_of)
    return Standing(
        bound=binding.place,
        place=_named(binding, intent, _part_place(intent, where, whole)),
        epoch=binding.epoch,
        verification=evidence.newest(tx, run_id, "verification"),
        internal_review=evidence.newest(tx, run_id, "internal_review"),
        required=required,
        write_digest=whole.content_digest if whole else "",
        run_digest=standing.run_digest(each for _, each in work.whole(wished)) if _is_of(binding, intent) else "",
        write_approval=approvals.of_target(tx, run_id, whole.target) if whole else None,
        run_approval=approvals.of_whole_run(tx, run_id),
        proposers=tuple(sorted(work.proposers(tx, binding))),
    )


def _is_of(binding: Binding, intent: Intent) -> bool:
    """Whether it belongs to what the run wishes for now."""
    return intent.epoch == binding.epoch


def _said(content: Content) -> Place | None:
    """What a content says of its place; None: that of its pull request."""
    match content:
        case PullRequestCreateContent():
            return Place(base=content.base, head=content.head, head_sha=content.head_sha)
        case BranchCreateContent() | BranchFastForwardContent():
            return Place(head=content.branch, head_sha=content.sha)
        case StatusContent() | CheckRunContent():
            return Place(head_sha=content.sha)
        case BlobContent() | TreeContent() | CommitContent():
            return Place()
        case _:
            return None


def _shown(context: Context, intent: Intent) -> Place:
    """The repository by the name that it has now: it may have got another one. Raises `Unavailable`."""
    at, said = At(intent.installation_id, intent.repository_id), _said(intent.content)
    if said is None:
        pull = context.reader.pull(at, intent.number)
        if pull is None:
            return Place(remote=intent.repository)
        shown = _of_pull(intent, pull)
        return _moved(context, intent, shown) if pull.state == "open" else shown  # no branch moves a closed one
    if said == Place():
        return Place(remote=intent.repository)
    named = said.model_copy(update={"remote": context.reader.name_of(at)})
    wanted = intent.content
    return _of_branch(context, intent, named, wanted.head) if isinstance(wanted, PullRequestCreateContent) else named


def _of_branch(context: Context, intent: Intent, said: Place, branch: str) -> Place:
    """A pull request takes its branch as it is then; one that is not there yet will be where it is wished for."""
    tip = context.reader.branch_tip(At(intent.installation_id, intent.repository_id), branch)
    return said if tip is None else _moved(context, intent, said.model_copy(update={"head_sha": tip}))


def _of_pull(intent: Intent, pull: documents.Pull) -> Place:
    """A head in another repository is named with its owner, as GitHub does: it is no branch of the run's."""
    source = pull.head.repo
    is_own = source is not None and source.id == intent.repository_id
    head = pull.head.ref if is_own else f"{source.owner.login if source else 'unknown'}:{pull.head.ref}"
    remote = pull.base.repo.full_name if pull.base.repo else None
    return Place(remote=remote, base=pull.base.ref, head=head, head_sha=pull.head.sha)


def _moved(context: Context, intent: Intent, shown: Place) -> Place:
    """The place of a pull request whose branch this very run moves: its head is the one that it moves it to.

    Raises `Unavailable` where it has moved it and GitHub does not show that yet.
    """
    run_id = UUID(intent.run_id)
    with context.pool.connection() as tx:
        moved = run_intents.moved_from(tx, run_id, intent.epoch, shown.head_sha)
    if moved is None:
        return shown
    if moved["status"] == "written":
        raise Unavailable("GITHUB_API_ERROR", "GitHub does not show the branch at its new head yet.")
    return shown.model_copy(update={"head_sha": moved["sha"]})


def _named(binding: Binding, intent: Intent, where: Place) -> Place:
    """With the commit that the content names, where there is nothing amiss with what GitHub shows."""
    sha = getattr(intent.content, "head_sha", None)
    return where if sha is None or where.head_sha != binding.head_sha else where.model_copy(update={"head_sha": sha})


def _part_place(intent: Intent, where: Place, whole: Intent | None) -> Place:
    """A git object goes where the branch goes that leads to it."""
    if intent.part_of is None or intent.number != 0:
        return where
    said = None if whole is None else _said(whole.content)
    return where if said is None else said.model_copy(update={"remote": intent.repository})
