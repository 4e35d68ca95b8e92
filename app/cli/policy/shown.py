"""How the policy commands print: safe lines, wrapped where a person looks at them."""

import json
import shutil
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

import click

from policies import explanation
from policies.result import Result
from policies.text import plain

INDENT = "  "
SHORT_SHA = 10
LABEL_COLUMNS = 8
NARROWEST_COLUMNS = 40


def line(text: str = "", depth: int = 0) -> None:
    """One line, without control characters."""
    _print(plain(text), INDENT * depth, INDENT * (depth + 2))


def labelled(label: str, text: str) -> None:
    """One line that begins with a word; such lines stand in columns."""
    _print(f"{label:<{LABEL_COLUMNS}} {plain(text)}", "", " " * (LABEL_COLUMNS + 1))


def tree(result: Result, depth: int = 0) -> None:
    """The tree of a result."""
    for node in explanation.render(result).splitlines():
        bare = node.lstrip()
        indent = INDENT * depth + node[: len(node) - len(bare)]
        _print(bare, indent, indent + INDENT)


def as_json(document: Mapping[str, Any]) -> None:
    """The document, indented; ASCII, since a terminal may obey what text from outside says."""
    click.echo(json.dumps(document, indent=2))


def _print(text: str, indent: str, hanging: str) -> None:
    """Wrapped in a terminal; whole lines elsewhere, for whoever searches them."""
    if not sys.stdout.isatty():
        click.echo((indent + text).rstrip())
        return
    width = max(shutil.get_terminal_size().columns, NARROWEST_COLUMNS)
    wrapped = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False)
    click.echo("\n".join(wrapped))
