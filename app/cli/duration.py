"""A length of time on a command line: 90m, 12h, 30d, 2w."""

import re
from datetime import timedelta
from typing import Any

import click

from policies.text import plain

LENGTH = re.compile(r"(?P<count>[1-9][0-9]{0,4})(?P<unit>[mhdw])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Duration(click.ParamType[timedelta]):
    """90m, 12h, 30d or 2w."""

    name = "LENGTH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        length = value if isinstance(value, timedelta) else read(value)
        if length is None:
            self.fail(f"{plain(value)!r} is no length of time such as 30d, 12h, 90m or 2w.", param, ctx)
        return length


def read(text: str) -> timedelta | None:
    """None where the text is no length of time."""
    match = LENGTH.fullmatch(text)
    return int(match["count"]) * UNITS[match["unit"]] if match else None


DURATION = Duration()
