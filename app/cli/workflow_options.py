"""What the commands of `mergegate workflows` are given: filters, an id or its beginning, the input of a start."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import click
from pydantic import ValidationError

from app import settings
from app.cli import issue_options
from app.database import Transaction
from app.definitions import Type
from app.records.workflows import STATUSES, TYPES, Which
from app.settings import Settings
from app.web.api.workflow_starts import StartRequest
from app.workflows.pausing import Scope
from app.workflows.starting import AnyWish
from policies.text import plain, short

F = TypeVar("F", bound=Callable[..., Any])
MOST_CHARACTERS = 300
REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
UUID_DIGITS = 32

_BEGINNING = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}")


@dataclass(frozen=True)
class Terms(issue_options.Terms):
    """The settings that count for workflows, read without the rest of them."""

    github_reader: str
    github_deliveries: str


class Beginning(click.ParamType[str]):
    """An id, or at least its first eight characters."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _BEGINNING.fullmatch(value.lower()) or len(value.replace("-", "")) > UUID_DIGITS:
            self.fail("An id is what `mergegate workflows list` shows; its first eight characters do.", param, ctx)
        return str(value.lower())


ID = click.argument("beginning", metavar="ID", type=Beginning())


def filters(command: F) -> F:
    """The options that say which workflows; all that is said has to fit."""
    for option in (
        click.option("--subject", metavar="TEXT", help="owner/name#7, or as `show` and the audit say it."),
        click.option("--repository", metavar="OWNER/NAME"),
        click.option("--status", type=click.Choice(STATUSES)),
        click.option("--type", "of_type", type=click.Choice(TYPES)),
    ):
        command = option(command)
    return command


def which(*, of_type: Type | None, status: Any, repository: str | None, subject: str | None) -> Which:
    """What the filters say."""
    return Which(type=of_type, status=status, repository=repository, subject=subject)


def found(tx: Transaction, beginning: str) -> UUID:
    """The one workflow whose id begins so."""
    digits = beginning.replace("-", "")
    between = {"first": UUID(digits.ljust(UUID_DIGITS, "0")), "last": UUID(digits.ljust(UUID_DIGITS, "f"))}
    rows = tx.execute("SELECT id FROM workflows WHERE id BETWEEN %(first)s AND %(last)s LIMIT 2", between).fetchall()
    if len(rows) > 1:
        raise click.ClickException("AMBIGUOUS: Several workflows have ids that begin so; give more of it.")
    if not rows:
        raise click.ClickException("WORKFLOW_NOT_FOUND: There is no such workflow.")
    found_id: UUID = rows[0]["id"]
    return found_id


def wanted(of_type: Type, pairs: Iterable[str]) -> AnyWish:
    """What is to be started, checked as the API checks it; the values are text here, so numbers are read from it."""
    document = {"type": of_type, "input": dict(map(_pair, pairs))}
    try:
        return StartRequest.model_validate(document, strict=False).root.wanted()
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part not in (of_type, "input"))
        said = short(first["msg"].removeprefix("Value error, "), MOST_CHARACTERS)
        raise click.ClickException(f"INVALID: {short(place, MOST_CHARACTERS) or 'input'}: {said}.") from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{plain(text)!r} should be name=value.")
    return name, value


def scope(of: str, name: str) -> Scope:
    """What is to be paused or resumed."""
    if of == "type" and name not in TYPES:
        raise click.ClickException(f"TYPE_UNKNOWN: There are these types of workflows: {', '.join(TYPES)}.")
    if of == "repository" and not REPOSITORY.fullmatch(name):
        raise click.ClickException("INVALID: A repository is paused by its owner and its name: owner/name.")
    return Scope("type" if of == "type" else "repository", name)


def terms() -> Terms:
    """As the environment says them, or by default."""
    reader, deliveries = (
        settings.read(name, os.environ) or str(Settings.model_fields[name].default)
        for name in ("github_reader", "github_deliveries")
    )
    return Terms(**issue_options.terms().__dict__, github_reader=reader, github_deliveries=deliveries)
