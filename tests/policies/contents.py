"""One content of every kind of write, and of every git object."""

from datetime import UTC, datetime

from policies.contents import (
    Annotation,
    BlobContent,
    BranchCreateContent,
    BranchFastForwardContent,
    CheckRunContent,
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
    ReviewDismissContent,
    ReviewRequestContent,
    StatusContent,
    TreeContent,
    TreeEntry,
)

SHA = "a" * 40
STATUS = StatusContent(
    sha=SHA, context="mergegate: main", state="success", description="ok", target_url="https://g.example/p"
)
REQUEST = ReviewRequestContent(number=7, head_sha=SHA, users=("bob", "carol"), teams=("core",))
DISMISS = ReviewDismissContent(number=7, review_id=17, login="carol", message="Invalidated by push of abc1234")
REMARK = Annotation(path=".policy.yml", line=3, level="failure", message="no such rule")
CHECK = CheckRunContent(
    sha=SHA,
    name="mergegate: policy",
    conclusion="failure",
    title="The policy can't be read",
    summary="Line 3.",
    annotations=(REMARK,),
    details_url="https://g.example/p",
)
APPROVE = ReviewApproveContent(number=7, head_sha=SHA, body="dependency updates")
OPEN = PullRequestCreateContent(
    base="main", head="agent/x", head_sha=SHA, title="Add x", body="", labels=("bot",), reviewers=("bob",)
)
UPDATE = PullRequestUpdateContent(number=7, title="Add x", body="more")
COMMENT = CommentCreateContent(number=7, body="hello\nthere")
CHANGED = CommentUpdateContent(number=7, comment_id=70, body="hello")
LABELS = LabelAddContent(number=7, labels=("bot", "a b"))
UNLABEL = LabelRemoveContent(number=7, label="bot")
FIELD = ProjectFieldContent(number=7, project_id="P_1", item_id="I_1", field_id="F_1", option_id="O_1", option="Review")
BLOB = BlobContent(leads_to="branch_create", sha=SHA, digest="d" * 64, size=3)
TREE = TreeContent(
    leads_to="branch_create",
    sha=SHA,
    base_tree=SHA,
    entries=(TreeEntry(path="a", mode="100644", sha=SHA), TreeEntry(path="b", mode="100644", sha=None)),
)
COMMIT = CommitContent(
    leads_to="branch_fast_forward",
    sha=SHA,
    tree=SHA,
    parents=(SHA,),
    message="Add x\n\nmore",
    author="gate",
    email="gate@example.org",
    at=datetime(2026, 3, 1, tzinfo=UTC),
)
BRANCH = BranchCreateContent(branch="agent/x", sha=SHA)
FORWARD = BranchFastForwardContent(branch="agent/x", before="b" * 40, sha=SHA)
ALL: tuple[Content, ...] = (
    STATUS,
    REQUEST,
    DISMISS,
    CHECK,
    APPROVE,
    OPEN,
    UPDATE,
    COMMENT,
    CHANGED,
    LABELS,
    UNLABEL,
    FIELD,
    BLOB,
    TREE,
    COMMIT,
    BRANCH,
    FORWARD,
)
