"""Wishes of a run of the API for writes of every kind: about pull request 1, or to a branch, or for a git object."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from app.database import Transaction
from app.records import bindings, evidence, intents, run_intents
from app.records.evidence import Given
from app.simulator import objects
from app.simulator.objects import File, Signature
from policies.contents import (
    BlobContent,
    BranchCreateContent,
    BranchFastForwardContent,
    CommentCreateContent,
    CommentUpdateContent,
    CommitContent,
    Content,
    LabelAddContent,
    LabelRemoveContent,
    ProjectFieldContent,
    PullRequestCreateContent,
    PullRequestUpdateContent,
    ReviewApproveContent,
    TreeContent,
    TreeEntry,
)
from policies.intents import Intent
from tests.tasks.house import REPOSITORY, House

BRANCH = "gate/ä#1%"
LABEL = "needs work/ä"
BYTES = b"\x00\xffbytes of a file\r\n"
EARLIER = f"earlier\n\n<!-- mergegate:{'0' * 64} -->"
AT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
DIGEST = hashlib.sha256(BYTES).hexdigest()
WHOLE_STAGE = 2


def make_ground(house: House, name: str) -> None:
    """What has to be at GitHub before, or in the store."""
    github, tip = house.github, _tip(house, "main")
    if name == "blob":
        house.context.artifacts.put(BYTES)
    elif name == "comment_update":
        app = github.state.installations[house.installation_id].app_id
        github.comment(REPOSITORY, 1, by="mergegate[bot]", body=EARLIER, app_id=app)
    elif name == "label_remove":
        github.label(REPOSITORY, 1, LABEL)
    elif name == "pull_request_create":
        github.create_branch(REPOSITORY, BRANCH)
        github.push(REPOSITORY, BRANCH, {"new.py": "1"}, by="bob")
    elif name == "branch_fast_forward":
        github.create_branch(REPOSITORY, BRANCH)
        github.push(REPOSITORY, "next", {"new.py": "1"}, by="bob", onto=(tip,))
    elif name == "project_field":
        github.add_organization("acme")
        project = github.add_project("acme", "Plan")
        github.project_field(project.id, "Status", ("Todo", "In review", "Done"))
        github.project_item(project.id, REPOSITORY, 1)


def wish_of_run(house: House, tx: Transaction, name: str, changes: dict[str, Any]) -> UUID:
    """The intent that carries it out, as the planning of a run records it: each content once."""
    plain = contents(house, name)
    content = type(plain)(**{**plain.__dict__, **changes})
    run_id = _run(house, tx, content)
    wanted = _intent(house, run_id, content)
    intents.lock(tx, wanted.target)
    known = run_intents.same(tx, run_id, 1, wanted.target, content)
    if known is not None:
        intents.wish_again(tx, known, house.clock())
        return known
    return _record(house, tx, wanted)


def contents(house: House, name: str) -> Content:
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    made: dict[str, Callable[[], Content]] = {
        "comment_create": lambda: CommentCreateContent(number=1, body="All is well"),
        "comment_update": lambda: CommentUpdateContent(number=1, comment_id=_comment_id(house), body="All is well"),
        "label_add": lambda: LabelAddContent(number=1, labels=(LABEL, "bug")),
        "label_remove": lambda: LabelRemoveContent(number=1, label=LABEL),
        "pull_request_create": lambda: PullRequestCreateContent(
            base="main", head=BRANCH, head_sha=_tip(house, BRANCH), title="Add new", body="It is new"
        ),
        "pull_request_update": lambda: PullRequestUpdateContent(number=1, title="Add a, better", body="It is better"),
        "review_approve": lambda: ReviewApproveContent(number=1, head_sha=head, body="dependency updates"),
        "branch_create": lambda: BranchCreateContent(branch=BRANCH, sha=head),
        "branch_fast_forward": lambda: BranchFastForwardContent(
            branch=BRANCH, before=_tip(house, "main"), sha=_tip(house, "next")
        ),
        "project_field": lambda: _field(house),
        "blob": lambda: BlobContent(
            leads_to="branch_create", sha=objects.blob_sha(BYTES), digest=DIGEST, size=len(BYTES)
        ),
        "tree": lambda: _tree(house),
        "commit": lambda: _commit(house),
    }
    return made[name]()


def _tree(house: House) -> TreeContent:
    base = house.github.state.repository(REPOSITORY).commits[_tip(house, "main")].tree
    known = base[".policy.yml"]
    changed = base.changed({"dir/copy.yml": File(known.data, objects.PROGRAM), ".policy.yml": None})
    entries = (
        TreeEntry(path="dir/copy.yml", mode="100755", sha=known.sha),
        TreeEntry(path=".policy.yml", mode="100644", sha=None),
    )
    return TreeContent(leads_to="branch_create", sha=changed.sha, base_tree=base.sha, entries=entries)


def _commit(house: House) -> CommitContent:
    tip = _tip(house, "main")
    tree = house.github.state.repository(REPOSITORY).commits[tip].tree
    who = Signature(login=None, called="gate", email="gate@example.org", at=AT)
    sha = objects.commit_sha(tree=tree, parents=(tip,), message="Add x\n\nmore", author=who, committer=who)
    return CommitContent(
        leads_to="branch_create",
        sha=sha,
        tree=tree.sha,
        parents=(tip,),
        message="Add x\n\nmore",
        author="gate",
        email="gate@example.org",
        at=AT,
    )


def _field(house: House) -> ProjectFieldContent:
    project = next(iter(house.github.state.projects.values()))
    field = next(one for one in project.fields.values() if one.options)
    item = next(iter(project.items.values()))
    return ProjectFieldContent(
        number=1,
        project_id=project.node_id,
        item_id=item.node_id,
        field_id=field.node_id,
        option_id=field.options[1].id,
        option=field.options[1].name,
    )


def _comment_id(house: House) -> int:
    return house.github.state.repository(REPOSITORY).comments[1][0].id


def _tip(house: House, branch: str) -> str:
    return house.github.state.repository(REPOSITORY).branches[branch]


def _run(house: House, tx: Transaction, content: Content) -> UUID:
    """The run that is bound to where the content goes, with all the evidence it needs."""
    head, sha = _head(house, content)
    known = bindings.open_on(tx, REPOSITORY, head)
    if known is not None:
        return known.run_id
    run_id = bindings.add(
        tx, remote=REPOSITORY, base="main", head=head, head_sha=sha, proposed_by="agent", now=house.clock()
    )
    assert run_id is not None
    bindings.set_place(tx, run_id, house.repository_id, house.installation_id)
    kinds: tuple[Literal["verification", "internal_review"], ...] = ("verification", "internal_review")
    for kind in kinds:
        evidence.add(tx, Given(run_id, kind, "PASS", 1, sha, None, "ci", house.clock()))
    return run_id


def _head(house: House, content: Content) -> tuple[str, str]:
    match content:
        case PullRequestCreateContent():
            return content.head, content.head_sha
        case BranchCreateContent() | BranchFastForwardContent():
            return content.branch, content.sha
        case BlobContent() | TreeContent() | CommitContent():
            return BRANCH, house.github.state.pull(REPOSITORY, 1).head_sha
        case _:
            pull = house.github.state.pull(REPOSITORY, 1)
            return pull.head_ref, pull.head_sha


def _intent(house: House, run_id: UUID, content: Content) -> Intent:
    return Intent(
        run_id=str(run_id),
        repository=REPOSITORY,
        repository_id=house.repository_id,
        installation_id=house.installation_id,
        number=getattr(content, "number", 0),
        sequence=1,
        content=content,
        epoch=1,
    )


def _record(house: House, tx: Transaction, wanted: Intent) -> UUID:
    """A git object comes before the branch that it is a part of."""
    part_of, stage = None, 0
    if wanted.kind == "git_object":
        part_of, stage = str(wish_of_run(house, tx, "branch_create", {})), WHOLE_STAGE - 1
        tx.execute(
            "WITH step AS (UPDATE steps SET status = 'waiting' WHERE id = %(id)s)"
            " UPDATE intents SET status = 'waiting', stage = %(stage)s WHERE id = %(id)s",
            {"id": part_of, "stage": WHOLE_STAGE},
        )
    newest = intents.newest(tx, wanted.target)
    sequence = newest["sequence"] + 1 if newest else 1
    intent = wanted.model_copy(update={"sequence": sequence, "part_of": part_of})
    return intents.record(tx, intent, None, house.clock(), stage=stage)
