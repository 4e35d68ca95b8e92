"""What people call a workflow, its steps and what happened to it: one line each, safe to show."""

import json

from app.records.histories import Happening
from app.records.workflows import Shown, Workflow
from policies.text import plain, short

MOST_CHARACTERS = 300
SHORT_ID = 8
"""As many characters of an id tell it from others, mostly."""


def workflow(found: Workflow) -> str:
    """Such as `merge of acme/widget#7`."""
    return f"{found.type.replace('_', ' ')} of {about(found)}"


def about(found: Workflow) -> str:
    """Such as `acme/widget#7`; where there is no repository, what it is about."""
    if not found.full_name:
        return plain(found.subject)
    return plain(found.full_name) + (f"#{found.number}" if found.number is not None else "")


def standing(found: Workflow) -> str:
    """Where its line stands, such as `judge, attempt 3`."""
    attempt = f", attempt {found.attempts}" if found.attempts > 1 else ""
    return f"{plain(found.current_step)}{attempt}"


def step(found: Shown) -> str:
    """What it does, and to what."""
    return plain(found.name) + (f" {short(found.about, MOST_CHARACTERS)}" if found.about else "")


def output(found: Shown) -> str:
    """What it hands on, as JSON of one line; empty where that is nothing."""
    return short(document(found.output), MOST_CHARACTERS) if found.output else ""


def said(happening: Happening) -> str:
    """What it says besides, as JSON of one line; empty where it says nothing."""
    told = {name: value for name, value in happening.said.items() if value not in (None, "", [], {})}
    return short(document(told), MOST_CHARACTERS) if told else ""


def document(value: object) -> str:
    """A value as JSON of one line."""
    return plain(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))
