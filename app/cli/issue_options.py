"""The options of `mergegate issues`, and what they say, checked as the API checks it."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from pydantic import BaseModel, ValidationError

from app import settings
from app.cli import writing
from app.settings import Settings
from app.web.api.issue_shapes import IssueRequest
from policies.text import plain

MOST_WAIT_SECONDS = 600

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound=BaseModel)
WAIT = click.option("--wait", type=click.IntRange(0, MOST_WAIT_SECONDS), default=0, help="Seconds to wait for its end.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="The same as JSON.")


@dataclass(frozen=True)
class Terms:
    """The settings that count for issues, read without the rest of them."""

    github_api_url: str
    evidence_hours: int
    merge_request_hours: int


def said(command: F) -> F:
    """The options of what an issue says of itself."""
    for option in (
        click.option("--handoff", "handoff_state", metavar="WORD", help="The state of the hand-off."),
        click.option("--valid/--invalid", "valid", default=None, help="What the validation of the draft found."),
        click.option("--committed/--uncommitted", "draft_committed", default=None, help="Whether the draft counts."),
        click.option("--draft", type=click.File("rb"), help="A file with a JSON object."),
        click.option("--pr-candidate", "pr_candidates", metavar="URL", multiple=True, help="Repeatable."),
        click.option("--pr-url", metavar="URL", help="The pull request; an empty one takes it away."),
        click.option("--github-url", metavar="URL", help="The issue at GitHub; an empty one takes it away."),
    ):
        command = option(command)
    return command


def asking(command: F) -> F:
    """The options of every step."""
    for option in (
        AS_JSON,
        writing.as_option,
        WAIT,
        click.option("--request-id", type=click.UUID, help="By default a new one."),
        click.option("--dry-run", "mode", flag_value="dryRun", help="Decide, and change nothing."),
        click.option("--execute", "mode", flag_value="execute", default=True, help="The default."),
    ):
        command = option(command)
    return command


def given(said: dict[str, Any]) -> dict[str, Any]:
    """What was said, checked as the API checks it; an empty link takes it away."""
    wanted = {name: value for name, value in said.items() if value is not None and name != "valid"}
    if said["valid"] is not None:
        wanted["validation"] = {"valid": said["valid"]}
    if "draft" in wanted:
        wanted["draft"] = _draft(wanted["draft"].read())
    if not said["pr_candidates"]:
        del wanted["pr_candidates"]
    links: dict[str, Any] = {name: wanted[name] or None for name in ("github_url", "pr_url") if name in wanted}
    return parsed(IssueRequest, {**wanted, **links}).given()


def _draft(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise click.ClickException("INVALID: The draft should be a file with a JSON object.") from None


def parsed(kind: type[R], said: dict[str, Any]) -> R:
    """What the API would take in this place, by the names of its fields."""
    named = {kind.model_fields[name].alias or name: value for name, value in said.items()}
    try:
        return kind.model_validate_json(json.dumps(named))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise click.ClickException(f"INVALID: {plain(place)}: {first['msg'].removeprefix('Value error, ')}.") from None


def terms() -> Terms:
    """As the environment says them, or by default."""
    read = {
        name: settings.read(name, os.environ) or Settings.model_fields[name].default for name in Terms.__annotations__
    }
    hours = {name: int(read[name]) for name in ("evidence_hours", "merge_request_hours")}
    return Terms(github_api_url=str(read["github_api_url"]), **hours)
