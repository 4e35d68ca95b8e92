"""The writes on the egress list: method, path and the exact shape of the body, by kind.

Paths by repository id. Shapes: https://docs.github.com/en/rest (API version 2022-11-28), less than GitHub allows.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

REPOSITORY = r"/repositories/[1-9][0-9]{0,18}"
NUMBER = r"[1-9][0-9]{0,18}"
SHA = r"(?:[0-9a-f]{40}|[0-9a-f]{64})"


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


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
    name: Annotated[str, Field(min_length=1)]
    head_sha: Annotated[str, Field(pattern=rf"^{SHA}\z")]
    status: Literal["completed"]
    conclusion: Literal["success", "failure", "neutral"]
    external_id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
    details_url: str
    output: _Output


@dataclass(frozen=True)
class AllowedWrite:
    """What a permit of one kind may be used for."""

    method: str
    path: re.Pattern[str]
    body: type[BaseModel]


WRITES = {
    "status": AllowedWrite("POST", re.compile(rf"{REPOSITORY}/statuses/{SHA}"), _Status),
    "review_request": AllowedWrite(
        "POST", re.compile(rf"{REPOSITORY}/pulls/{NUMBER}/requested_reviewers"), _ReviewRequest
    ),
    "review_dismiss": AllowedWrite(
        "PUT", re.compile(rf"{REPOSITORY}/pulls/{NUMBER}/reviews/{NUMBER}/dismissals"), _Dismissal
    ),
    "check_run": AllowedWrite("POST", re.compile(rf"{REPOSITORY}/check-runs"), _CheckRun),
}
