"""One request with the script watching: its points in order, and the answers that it gives in GitHub's place."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from werkzeug import Request

from app.simulator import addresses, gateway, resources, scripting
from app.simulator.answers import Answer, error
from app.simulator.auth import Caller
from app.simulator.call import Call
from app.simulator.gateway import Matched, Reply
from app.simulator.github import GitHub
from app.simulator.routes import merging, table
from app.simulator.scripting import Script

_PROXY_PAGE = "<html><head><title>Unicorn!</title></head><body><h1>Something went wrong</h1></body></html>"
_DEFAULT_MESSAGE = "Server Error"
HTTP_OK, HTTP_ERROR = 200, 400


def reply(github: GitHub, request: Request) -> Reply:
    path = addresses.by_name(github.state, request.path)
    script, matched = github.script, table.find(request.method, path)
    if script is None or matched is None:
        return gateway.reply(github, request)
    return _watched(github, request, path=path, matched=matched, script=script)


def _watched(github: GitHub, request: Request, *, path: str, matched: Matched, script: Script) -> Reply:
    asked = _asked(github, request, path, matched)
    came, said = github.clock(), script.before(asked)
    if said is None:
        given = gateway.reply(github, request)
    else:
        given, happened = _said(github, request, said, path=path, matched=matched)
        if gateway.is_write(request, matched):
            gateway.record(github, request, given, came=came, happened=happened)
    script.after_effect(asked)
    return replace(given, tell=lambda: script.after_reply(asked))


def _asked(github: GitHub, request: Request, path: str, matched: Matched) -> scripting.Request:
    def perform(effect: str) -> None:
        _performed(github, request, effect, path=path, matched=matched)

    query, body = request.args.to_dict(), gateway.body_of(request)
    place = resources.find(request.method, path, query=query, body=body)
    if place.resource == "graphql" and place.number is None:
        place = replace(place, number=_number(github, body))
    return scripting.Request(
        method=request.method,
        path=path,
        query=query,
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        place=place,
        perform=perform,
    )


def _number(github: GitHub, body: Any) -> int | None:
    """Of the pull request whose node a mutation names."""
    named = (body.get("variables") or {}).values()
    found = [github.state.pull_of(text) for text in named if isinstance(text, str)]
    return next((pull.number for _, pull in filter(None, found)), None)


def _said(github: GitHub, request: Request, said: scripting.Reply, *, path: str, matched: Matched) -> tuple[Reply, str]:
    """The answer, with whether anything happened."""
    if said.path is not None:
        request = _elsewhere(request, said.path)
        path, found = addresses.by_name(github.state, request.path), table.find(request.method, request.path)
        matched = found or matched
    if said.effect == "none" and not _is_natural(said):
        answer, caller, happened = Answer(said.status or HTTP_OK), Caller(), "no"
    elif gateway.is_write(request, matched):
        answer, caller, happened = _performed(github, request, said.effect, path=path, matched=matched)
    else:
        answer, caller = gateway.answer_of(github, request, path=path, matched=matched, state=github.state)
        happened = "no"
    return Reply(_worded(said, answer), caller, _silence(said), gateway.resource(path), path), happened


def _is_natural(said: scripting.Reply) -> bool:
    """Whether the answer shows what the model would say."""
    wanted = said.edit is not None or (said.body is None and said.message is None and said.body_kind in ("json", "cut"))
    return wanted and (said.status or HTTP_OK) < HTTP_ERROR


def _performed(
    github: GitHub, request: Request, effect: str, *, path: str, matched: Matched
) -> tuple[Answer, Caller, str]:
    if effect == "full":
        return gateway.effect(github, request, path=path, matched=matched)
    if effect == "none":
        return *_tried(github, request, path=path, matched=matched), "no"
    handler = {"partial": _land_partly, "wrong_tree": _land_wrongly}[effect]
    if matched[0].handler is not merging.merge:
        raise ValueError(f"only a merge can come to pass as {effect}")
    other = (replace(matched[0], handler=handler), matched[1])
    return gateway.effect(github, request, path=path, matched=other)


def _tried(github: GitHub, request: Request, *, path: str, matched: Matched) -> tuple[Answer, Caller]:
    """What the model would say, of a copy of the world that is then forgotten."""
    with github.lock:
        kept, before = github.state, github.before
        github.state = copy.deepcopy(kept)
        try:
            return gateway.answer_of(github, request, path=path, matched=matched, state=github.state)
        finally:
            github.state, github.before = kept, before


def _land_partly(call: Call, *, number: int) -> Answer:
    call.github.verbs.land_partly(call.repository.full_name, number, merging.wished(call))
    sha = call.repository.branches[call.pull(number).base_ref]
    return merging.told(sha)


def _land_wrongly(call: Call, *, number: int) -> Answer:
    merged = call.github.verbs.land_wrongly(call.repository.full_name, number, merging.wished(call))
    return merging.told(merged.merge_sha)


def _worded(said: scripting.Reply, natural: Answer) -> Answer:
    """The natural body of an error that the model didn't make is that error, in GitHub's shape."""
    status = said.status or natural.status
    body = (
        natural.body
        if (natural.status == status and natural.body) or status < HTTP_ERROR
        else error(status, _DEFAULT_MESSAGE).body
    )
    if said.message is not None:
        body = error(status, said.message).body
    if said.body is not None:
        body = said.body
    edit: Callable[[Any], Any] | None = said.edit
    answer = replace(natural, status=status, body=edit(body) if edit else body)
    return _dressed(replace(answer, headers={**natural.headers, **said.headers}), said.body_kind)


def _dressed(answer: Answer, kind: str) -> Answer:
    if kind == "html":
        return replace(answer, raw=_PROXY_PAGE, media="text/html; charset=utf-8")
    if kind == "empty":
        return replace(answer, raw="")
    if kind == "cut":
        text = json.dumps(answer.body)
        return replace(answer, raw=text[: len(text) // 2])
    return answer


def _silence(said: scripting.Reply) -> str | None:
    """A hanging connection is closed at once as well: the clock of a script does not run by itself."""
    return None if said.silence is None else "drop"


def _elsewhere(request: Request, path: str) -> Request:
    """The same request for another path, which may have a query of its own."""
    place, _, query = path.partition("?")
    environ = {**request.environ, "PATH_INFO": place}
    if dict(parse_qsl(query)):
        environ["QUERY_STRING"] = query
    environ.pop("werkzeug.request", None)
    return Request(environ)
