"""The writes on the egress list: method, path and the exact shape of the body, by kind.

Paths by repository id. Shapes: https://docs.github.com/en/rest (API version 2022-11-28), less than GitHub allows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.github import queries

REPOSITORY = r"/repositories/[1-9][0-9]{0,18}"
NUMBER = r"[1-9][0-9]{0,18}"
SHA = r"(?:[0-9a-f]{40}|[0-9a-f]{64})"
SEGMENT = r"[^/?#]+"
BRANCH = rf"{SEGMENT}(?:/{SEGMENT})*"
MOST_BLOB_CHARACTERS = 4_000_000
"""In base64: a file of an artifact has 2 MB at most."""

_Sha = Annotated[str, Field(pattern=rf"^{SHA}\z")]
_Name = Annotated[str, Field(min_length=1)]
_Branch = Annotated[str, Field(pattern=r"^[^:]+\z")]
"""Of the repository itself: one of a fork has its owner and a colon before it."""
_Marked = Annotated[str, Field(pattern=r"(?s)^.*\n\n<!-- mergegate:[0-9a-f]{64} -->\z")]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Nothing(_Body):
    pass


class _Status(_Body):
    state: Literal["success", "failure", "pending", "error"]
    target_url: str
    description: Annotated[str, Field(max_length=140)]
    context: Annotated[str, Field(min_length=1, max_length=255)]


class _ReviewRequest(_Body):
    reviewers: Annotated[list[str], Field(max_length=100)]
    team_reviewers: Annotated[list[str], Field(max_length=100)]


class _Dismissal(_Body):
    message: Annotated[str, Field(min_length=1)]
    event: Literal["DISMISS"]


class _Approval(_Body):
    commit_id: _Sha
    event: Literal["APPROVE"]
    body: _Marked


class _Annotation(_Body):
    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str


class _Output(_Body):
    title: str
    summary: str
    annotations: Annotated[list[_Annotation], Field(max_length=50)]


class _CheckRun(_Body):
    name: _Name
    head_sha: _Sha
    status: Literal["completed"]
    conclusion: Literal["success", "failure", "neutral"]
    external_id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
    details_url: str
    output: _Output


class _PullRequest(_Body):
    title: _Name
    body: str
    head: _Branch
    base: _Branch
    draft: bool


class _PullRequestText(_Body):
    """Neither `state` nor `base`: nothing is closed, opened again or turned to another branch."""

    title: _Name
    body: str


class _Comment(_Body):
    body: _Marked


class _Labels(_Body):
    labels: Annotated[list[_Name], Field(min_length=1, max_length=100)]


class _NewBranch(_Body):
    ref: Annotated[str, Field(pattern=r"^refs/heads/.+\z")]
    sha: _Sha


class _FastForward(_Body):
    sha: _Sha
    force: bool

    @model_validator(mode="after")
    def _never_by_force(self) -> Self:
        if self.force:
            raise ValueError("no branch is moved by force")
        return self


class _Blob(_Body):
    content: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}\z", max_length=MOST_BLOB_CHARACTERS)]
    encoding: Literal["base64"]


class _TreeEntry(_Body):
    path: _Name
    mode: Literal["100644", "100755", "120000"]
    type: Literal["blob"]
    sha: _Sha | None


class _Tree(_Body):
    base_tree: _Sha
    tree: Annotated[list[_TreeEntry], Field(min_length=1, max_length=1_000)]


class _Signer(_Body):
    name: _Name
    email: _Name
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z")]


class _Commit(_Body):
    message: _Name
    tree: _Sha
    parents: Annotated[list[_Sha], Field(min_length=1, max_length=2)]
    author: _Signer
    committer: _Signer


class _SetProjectField(_Body):
    """The fixed document, by its digest, with its own variables."""

    query: str
    variables: dict[str, str]

    @model_validator(mode="after")
    def _fixed(self) -> Self:
        known = queries.MUTATIONS.get(queries.digest(self.query))
        if known is not queries.SET_PROJECT_FIELD or not known.takes(self.variables):
            raise ValueError("another document, or other variables than its own")
        return self


class _Enqueue(_Body):
    """The fixed document, by its digest, always at one head, and never ahead of others."""

    query: str
    variables: dict[str, str]

    @model_validator(mode="after")
    def _fixed(self) -> Self:
        known = queries.MUTATIONS.get(queries.digest(self.query))
        if known is not queries.ENQUEUE or not known.takes(self.variables):
            raise ValueError("another document, or other variables than its own")
        if not re.fullmatch(SHA, self.variables["head"]):
            raise ValueError("the head is no commit")
        return self


class _Merge(_Body):
    """Always at one head: GitHub refuses where the head is another one."""

    sha: _Sha
    merge_method: Literal["merge", "squash", "rebase"]
    commit_title: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    commit_message: Annotated[str | None, Field(max_length=60_000)] = None


class _UpdateBranch(_Body):
    expected_head_sha: _Sha


@dataclass(frozen=True)
class AllowedWrite:
    """What a permit of one kind may be used for."""

    method: str
    path: re.Pattern[str]
    body: type[BaseModel]


def _below(method: str, path: str, body: type[BaseModel]) -> AllowedWrite:
    return AllowedWrite(method, re.compile(f"{REPOSITORY}/{path}"), body)


WRITES: Mapping[str, tuple[AllowedWrite, ...]] = {
    "pull_request_create": (_below("POST", "pulls", _PullRequest),),
    "pull_request_update": (_below("PATCH", f"pulls/{NUMBER}", _PullRequestText),),
    "comment_create": (_below("POST", f"issues/{NUMBER}/comments", _Comment),),
    "comment_update": (_below("PATCH", f"issues/comments/{NUMBER}", _Comment),),
    "status": (_below("POST", f"statuses/{SHA}", _Status),),
    "check_run": (_below("POST", "check-runs", _CheckRun),),
    "branch_create": (_below("POST", "git/refs", _NewBranch),),
    "branch_fast_forward": (_below("PATCH", f"git/refs/heads/{BRANCH}", _FastForward),),
    "label_add": (_below("POST", f"issues/{NUMBER}/labels", _Labels),),
    "label_remove": (_below("DELETE", f"issues/{NUMBER}/labels/{SEGMENT}", _Nothing),),
    "review_approve": (_below("POST", f"pulls/{NUMBER}/reviews", _Approval),),
    "review_dismiss": (_below("PUT", f"pulls/{NUMBER}/reviews/{NUMBER}/dismissals", _Dismissal),),
    "review_request": (_below("POST", f"pulls/{NUMBER}/requested_reviewers", _ReviewRequest),),
    "project_field": (AllowedWrite("POST", re.compile(queries.GRAPHQL), _SetProjectField),),
    "merge": (_below("PUT", f"pulls/{NUMBER}/merge", _Merge),),
    "update_branch": (_below("PUT", f"pulls/{NUMBER}/update-branch", _UpdateBranch),),
    "enqueue": (AllowedWrite("POST", re.compile(queries.GRAPHQL), _Enqueue),),
    "branch_delete": (_below("DELETE", f"git/refs/heads/{BRANCH}", _Nothing),),
    "git_object": (
        _below("POST", "git/blobs", _Blob),
        _below("POST", "git/trees", _Tree),
        _below("POST", "git/commits", _Commit),
    ),
}
