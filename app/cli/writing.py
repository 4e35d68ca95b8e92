"""What the commands that change something share: a transaction, and the name under which the audit knows who did it."""

import getpass
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from app.cli import reading
from app.database import Transaction
from app.tokens import PRINCIPAL

F = TypeVar("F", bound=Callable[..., Any])
NAMED = "lower-case letters, digits and . _ @ -, at most 100"

_UNNAMEABLE = re.compile(r"[^a-z0-9._@-]")


class Principal(click.ParamType[str]):
    """The name of a person or an agent; `Bob` is `bob`, so that nobody is two."""

    name = "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not PRINCIPAL.fullmatch(value):
            self.fail(f"A name should be {NAMED}.", param, ctx)
        return str(value)


def as_option(command: F) -> F:
    """`--as NAME`; by default the user of the operating system."""
    help_text = "Who does this, for the audit; by default your user name here."
    return click.option("--as", "by", type=Principal(), default=_user, help=help_text)(command)


@contextmanager
def transaction() -> Iterator[Transaction]:
    """One transaction, committed at the end unless something goes wrong."""
    with reading.connection() as tx:
        yield tx


def _user() -> str:
    """The name of the user, in letters of a principal."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    return _UNNAMEABLE.sub("-", name.lower()).strip("-._@")[:100] or "unknown"
