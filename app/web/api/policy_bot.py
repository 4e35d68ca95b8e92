"""Answers in policy-bot's own shapes, for tools that know its addresses."""

from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, ConfigDict

from policies import document
from policies.error import PolicyError
from policies.result import Result, Status
from policies.server_options import ServerOptions

VALID, INVALID = 200, 422


class PolicyBotValidation(BaseModel):
    """What `PUT /api/validate` says; the message is empty for a policy that is sound."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    version: str


class PolicyBotResult(BaseModel):
    """What `POST /api/simulate` says, as a tree."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    status_description: str
    status: Status
    error: str
    children: tuple["PolicyBotResult", ...]


def validated(text: str, server: ServerOptions) -> tuple[int, dict[str, str]]:
    """Status and body of `PUT /api/validate`."""
    said = {"message": "", "version": version("mergegate")}
    try:
        document.parse(text, server)
    except PolicyError as wrong:
        place = f"line {wrong.line}: " if wrong.line else ""
        return INVALID, {**said, "message": place + wrong.message}
    return VALID, said


def simulated(result: Result) -> dict[str, Any]:
    """The body of `POST /api/simulate`."""
    return {
        "name": result.name,
        "description": "",
        "status_description": result.description,
        "status": result.status,
        "error": result.error,
        "children": [simulated(child) for child in result.children],
    }
