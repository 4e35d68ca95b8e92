"""A reply fault of a scenario, as the simulator's script port takes it."""

import hashlib
import re
from dataclasses import replace
from typing import Any

from app.simulator.scripting import Reply, Request
from tests.conformance import merge_answers
from tests.conformance.merge_words import Record
from tests.conformance.merge_world import World

TIMEOUT_SECONDS = 30
_SYMBOL = re.compile(r"(H|B|M|TM|MG)\d+")
_NOW = re.compile(r"@now\+(\d+)")


def reply(world: World, request: Request, step: Record, natural: Reply | None) -> Reply:
    """What is answered, and what takes effect all the same: now, or some seconds later."""
    if step["do"] == "stale_read":
        return merge_answers.stale(world, request, step, natural)
    if step["do"] == "reply":
        found = _said(world, request, step, natural)
    else:
        found = Reply(silence="hang" if step["do"] == "hang" else "drop", effect=_effect(request, step))
    seconds = step.get("effect_after_seconds")
    if seconds is None or request.method == "GET":
        return found
    effect = step.get("effect", "none")
    world.clock.after(seconds, lambda: request.perform(effect))
    return replace(found, effect="none")


def _said(world: World, request: Request, step: Record, natural: Reply | None) -> Reply:
    """Without a body and a message it is the natural one."""
    found = Reply(
        status=step.get("status"),
        message=step.get("message"),
        body=_with_shas(world, step.get("body")),
        headers={name: _header(world, value) for name, value in (step.get("headers") or {}).items()},
        body_kind=step.get("body_kind", "json"),
        effect=_effect(request, step),
    )
    if found.message is None and found.body is None and natural is not None:
        return replace(found, body=natural.body, message=natural.message, edit=natural.edit, path=natural.path)
    return found


def _effect(request: Request, step: Record) -> str:
    """A read changes nothing, and has its natural body."""
    return "full" if request.method == "GET" else str(step.get("effect", "none"))


def _header(world: World, value: object) -> str:
    now = int(world.clock().timestamp())
    return _NOW.sub(lambda found: str(now + int(found[1])), str(value))


def _with_shas(world: World, body: Any) -> Any:
    """Symbols as the SHAs of their commits; of a commit that there is not yet, as one that stands for nothing."""
    if isinstance(body, str) and world.names.has(body):
        return world.names.sha(body)
    if isinstance(body, str) and _SYMBOL.fullmatch(body):
        return hashlib.sha1(body.encode(), usedforsecurity=False).hexdigest()
    if isinstance(body, dict):
        return {key: _with_shas(world, value) for key, value in body.items()}
    return [_with_shas(world, value) for value in body] if isinstance(body, list) else body
