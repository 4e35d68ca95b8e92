"""What a command says of what was asked for: what was done, as the API says it, or why it was not."""

import json
from typing import Any, TypeVar

import click
from pydantic import BaseModel

from policies.decision import Blocker
from policies.text import plain

Done = TypeVar("Done")


def demand(done: Done | Blocker) -> Done:
    """What was done; what is in the way ends the command with its code and its sentence."""
    if isinstance(done, Blocker):
        raise click.ClickException(sentence(done))
    return done


def sentence(blocker: Blocker) -> str:
    """With its code before it."""
    return f"{blocker.code}: {plain(blocker.sentence)}"


def document(shape: BaseModel) -> dict[str, Any]:
    """As the API says it."""
    said: dict[str, Any] = shape.model_dump(mode="json", by_alias=True)
    return said


def tell(shape: BaseModel) -> None:
    """Print it so."""
    click.echo(json.dumps(document(shape), indent=2))
