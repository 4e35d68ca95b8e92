"""Time zones by their IANA name, out of the pinned data: a window is the same on every machine."""

import re
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

NAME = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*){0,2}")
"""Whatever else lies beside the zones begins with a small letter."""
MAX_KNOWN_ZONES = 64


@lru_cache(maxsize=MAX_KNOWN_ZONES)
def find(name: str) -> ZoneInfo | None:
    """None: there is no such zone."""
    if NAME.fullmatch(name) is None:
        return None
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    if not file.is_file():
        return None
    with file.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
