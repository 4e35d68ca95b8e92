"""What the policy commands are given: files, a pull request, how long ago, the options of the server."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import click

from app import settings
from app.cli import duration, reading
from app.database import Transaction
from app.embedded import EmbeddedError
from app.records import pulls
from app.settings import Settings, SettingsError
from policies import document, server_options
from policies.error import PolicyError
from policies.policy import Policy
from policies.server_options import ServerOptions
from policies.text import plain
from policies.yaml_tree import MAX_DOCUMENT_BYTES

PULL_REQUEST = re.compile(r"(?P<name>[A-Za-z0-9._-]+/[A-Za-z0-9._-]+)#(?P<number>[1-9][0-9]{0,9})")
STDIN = "-"


class Unusable(click.ClickException):
    """The command could not do its work; one sentence. Exit code 1 would be an answer."""

    exit_code = 2


class Pull(click.ParamType[tuple[str, int]]):
    """A pull request as owner/repo#7."""

    name = "OWNER/REPO#NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        match = PULL_REQUEST.fullmatch(value)
        if match is None:
            self.fail(f"{plain(value)!r} is not a pull request such as owner/repo#7.", param, ctx)
        return match["name"], int(match["number"])


class Since(click.ParamType[datetime]):
    """A moment: 30d, 12h, 90m or 2w ago, or a date."""

    name = "AGO|DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        if (ago := duration.read(value)) is not None:
            return datetime.now(UTC) - ago
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{plain(value)!r} is neither a time such as 30d or 12h nor a date such as 2026-01-31.", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Pair(click.ParamType[tuple[str, str]]):
    """Two parts with a separator between them, such as a login and a text."""

    def __init__(self, name: str, separator: str) -> None:
        self.name, self._separator = name, separator

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        first, separator, second = value.partition(self._separator)
        if not (first and separator):
            self.fail(f"{plain(value)!r} should be written as {self.name}.", param, ctx)
        return first, second


PULL, SINCE = Pull(), Since()


@contextmanager
def unusable() -> Iterator[None]:
    """Where settings, database or input stop the command, its exit code says so."""
    try:
        yield
    except (EmbeddedError, SettingsError) as trouble:
        raise Unusable(str(trouble)) from None
    except click.ClickException as trouble:
        raise Unusable(trouble.format_message()) from None


def text(file: str) -> str:
    """The text of a file, or of the standard input; at most what a policy may have."""
    content = _content(file)
    if len(content) > MAX_DOCUMENT_BYTES:
        raise Unusable(f"{plain(file)} has more than {MAX_DOCUMENT_BYTES} bytes.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Unusable(f"{plain(file)} is not UTF-8: see byte {wrong.start}.") from None


def parsed(file: str, content: str, server: ServerOptions) -> Policy:
    """The policy in `content`."""
    try:
        return document.parse(content, server)
    except PolicyError as wrong:
        place = f":{wrong.line}:{wrong.column}" if wrong.line else ""
        raise Unusable(f"{plain(file)}{place}: {plain(wrong.message)}.") from None


def server() -> ServerOptions:
    """The server's options, as POLICY_OPTIONS has them."""
    written = settings.read("policy_options", os.environ)
    return server_options.BUILT_IN if written is None else server_options.parse(written)


def gate_file() -> str:
    """The name of the file with the approve rules, as GATE_PATH has it."""
    return PurePath(settings.read("gate_path", os.environ) or Settings.model_fields["gate_path"].default).name


def pull_row(tx: Transaction, pull: tuple[str, int]) -> dict[str, Any]:
    """The row of a pull request that this gate has seen."""
    row = pulls.named(tx, *pull)
    if row is None:
        raise Unusable(f"Nothing is known of {pull[0]}#{pull[1]}: this gate has never seen it.")
    return row


def _content(file: str) -> bytes:
    """One byte more than is allowed is enough to see that there is too much."""
    try:
        if file == STDIN:
            return sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
        with Path(file).open("rb") as opened:
            return opened.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as trouble:
        raise Unusable(f"{plain(file)} cannot be read: {trouble.strerror}.") from None


transaction = reading.transaction
