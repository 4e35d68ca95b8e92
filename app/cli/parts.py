"""The options of commands that print a list in parts, and the line that says where it goes on."""

from typing import Any

import click

from app import cursors
from app.cursors import Mark, Part

MOST_SHOWN = 200


class Word(click.ParamType[Mark]):
    """What the part before said to go on with."""

    name = "word"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Mark:
        """The mark that it stands for."""
        try:
            return value if isinstance(value, Mark) else cursors.read(value)
        except ValueError:
            self.fail("should be what the part before says.", param, ctx)


LIMIT = click.option("--limit", type=click.IntRange(1, MOST_SHOWN), default=50, show_default=True)
AFTER = click.option("--after", type=Word(), metavar="WORD", help="Where to go on, as the part before says.")


def ending(found: Part[Any], what: str) -> str:
    """How many are shown, and how the list goes on."""
    more = f"; more: --after {found.next}" if found.after else ""
    return f"{len(found.rows)} {what}{more}."
