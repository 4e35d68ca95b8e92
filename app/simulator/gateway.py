"""From one HTTP request to GitHub's answer: address, fault script, credentials, limits, route, journal."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from werkzeug import Request

from app.simulator import addresses, auth, echoes, pace, pages
from app.simulator.answers import Answer, Listing, Refusal, error
from app.simulator.auth import Caller
from app.simulator.call import Call
from app.simulator.faults import Fault
from app.simulator.github import GitHub
from app.simulator.graph import documents
from app.simulator.graph.errors import partial
from app.simulator.journal import Write
from app.simulator.records import Repository
from app.simulator.routes import table
from app.simulator.routes.table import Route
from app.simulator.shapes.view import Json, View
from app.simulator.state import State

_FORBIDDEN = "Resource not accessible by integration"
_SILENT = ("hang", "cut", "drop")


@dataclass(frozen=True)
class Reply:
    answer: Answer
    caller: Caller
    sabotage: str | None = None  # hang, cut or drop: what happens to the answer on its way
    resource: str = "core"  # whose limit it costs: core or graphql
    path: str = ""  # by the name of the repository
    tell: Callable[[], None] | None = None  # called once all that is left is to send it


Matched = tuple[Route, dict[str, Any]]


def asker(github: GitHub, request: Request) -> str:
    """The name of who asks, before anything is answered."""
    text = request.headers.get("authorization", "").partition(" ")[2]
    token = github.tokens.valid(text, github.token_clock())
    return f"installation {token.installation_id}" if token else "nobody"


def reply(github: GitHub, request: Request) -> Reply:
    path = addresses.by_name(github.state, request.path)
    matched = table.find(request.method, path)
    if matched is None:
        github.unknown_requests.append(f"{request.method} {request.path}")
        return Reply(error(404, "Not Found"), Caller())
    fault = github.faults.take(request.method, _named(request, path))
    if is_write(request, matched):
        return _write(github, request, path=path, matched=matched, fault=fault)
    return _read(github, request, path=path, matched=matched, fault=fault)


def is_write(request: Request, matched: Matched) -> bool:
    return matched[0].writes(body_of(request))


def _read(github: GitHub, request: Request, *, path: str, matched: Matched, fault: Fault | None) -> Reply:
    state = github.before if fault is not None and fault.what == "stale" else github.state
    answer, caller = answer_of(github, request, path=path, matched=matched, state=state)
    if fault is not None and fault.what == "part":
        answer = replace(answer, body=partial(answer.body, fault.field, fault.message))
    return Reply(_spoiled(github, path, fault) or answer, caller, _silence(fault), resource(path), path)


def _write(github: GitHub, request: Request, *, path: str, matched: Matched, fault: Fault | None) -> Reply:
    """A fault before the effect keeps it from happening; one after it only hides it."""
    came, spoiled = github.clock(), _spoiled(github, path, fault)
    if fault is not None and fault.when == "before":
        answer, caller, happened = spoiled or Answer(200, {}), Caller(), "no"
    else:
        answer, caller, happened = effect(github, request, path=path, matched=matched)
    given = Reply(spoiled or answer, caller, _silence(fault), resource(path), path)
    record(github, request, given, came=came, happened=happened)
    return given


def record(github: GitHub, request: Request, given: Reply, *, came: datetime, happened: str) -> None:
    """A write goes into the journal; `happened` is yes or no."""
    who = asker(github, request) if given.caller == Caller() else given.caller.name
    seen = 0 if given.sabotage else given.answer.status
    said = given.answer.body.get("message") if isinstance(given.answer.body, dict) else None
    write = Write(request.method, given.path, body_of(request), who, came, happened, seen, str(said or ""))
    github.journal.writes.append(write)


def effect(github: GitHub, request: Request, *, path: str, matched: Matched) -> tuple[Answer, Caller, str]:
    """Nothing else happens between the change and the echo that tells what was before."""
    with github.lock:
        last = github.before
        answer, caller = answer_of(github, request, path=path, matched=matched, state=github.state)
        if not _came_to_pass(path, answer):
            return answer, caller, "no"
        before = github.state if github.before is last else github.before
        _echo(github, request, path, answer=answer, caller=caller, before=before)
        return answer, caller, "yes"


def _came_to_pass(path: str, answer: Answer) -> bool:
    """Of a mutation that is refused GraphQL says so with HTTP 200, and null in its place."""
    if path == table.GRAPHQL:
        return any((answer.body.get("data") or {}).values())
    return answer.status < 300


def answer_of(github: GitHub, request: Request, *, path: str, matched: Matched, state: State) -> tuple[Answer, Caller]:
    with github.lock:
        caller = Caller()
        try:
            caller = _caller(github, request, matched[0])
            refused = None if path == "/rate_limit" else github.limits.refusal(caller, github.now(), resource(path))
            refused = refused or _too_much(github, request, path, caller)
            if refused:
                return refused, caller
            moved = addresses.moved(state, github.url, request.method, request.path)
            if moved:
                return moved, caller
            call = _call(github, request, caller=caller, matched=matched, state=state)
            found = matched[0].handler(call, **_parts(matched))
            if isinstance(found, Listing):
                found = pages.cut(found, call.query, github.url + addresses.by_id(call.state, path))
            return found, caller
        except Refusal as refusal:
            return refusal.answer(), caller


def _too_much(github: GitHub, request: Request, path: str, caller: Caller) -> Answer | None:
    writes = request.method != "GET" and (path != table.GRAPHQL or documents.writes(body_of(request)))
    kind = "content" if writes and pace.fits("content", request.method, path) else "none"
    return github.secondary.refusal(caller.name, github.clock(), kind)


def _caller(github: GitHub, request: Request, route: Route) -> Caller:
    header = request.headers.get("authorization", "")
    if route.needs == "anybody":
        return Caller()
    if route.needs == "app":
        return auth.app_caller(github.state, header, github.token_clock())
    return auth.token_caller(github.state, github.tokens, header, github.token_clock())


def _call(github: GitHub, request: Request, *, caller: Caller, matched: Matched, state: State) -> Call:
    route, parts = matched
    found = None
    if "repo" in parts:
        found = state.find(f"{parts['owner']}/{parts['repo']}")
        if route.needs != "app":
            _admit(state, caller, route, found, writes=route.writes(body_of(request)))
    elif ":" in route.needs and not caller.holds(route.needs):
        raise Refusal(403, _FORBIDDEN)
    view = View(state, github.url)
    return Call(github=github, view=view, caller=caller, query=request.args.to_dict(), body=_json(request), found=found)


def _admit(state: State, caller: Caller, route: Route, repository: Repository | None, *, writes: bool) -> None:
    """Reading public repositories is free to all, but for their settings; all else needs a permission there."""
    covered = repository and caller.installation and state.covers(caller.installation, repository)
    if repository is None or not repository.visible or (repository.private and not covered):
        raise Refusal(404, "Not Found")
    guarded = writes or repository.private or route.needs.startswith("administration")
    if guarded and not (covered and caller.holds(route.needs)):
        raise Refusal(403, _FORBIDDEN)


def _named(request: Request, path: str) -> str:
    """What faults are aimed at: the path, after it the names of mutations."""
    return " ".join([path, *documents.changes(body_of(request))]) if path == table.GRAPHQL else path


def resource(path: str) -> str:
    return "graphql" if path == table.GRAPHQL else "core"


def _parts(matched: Matched) -> dict[str, Any]:
    return {name: value for name, value in matched[1].items() if name not in ("owner", "repo")}


def _spoiled(github: GitHub, path: str, fault: Fault | None) -> Answer | None:
    if fault is None or isinstance(fault.what, str):
        return None
    if fault.what in (301, 307, 308):
        return addresses.redirect(fault.what, github.url + addresses.by_id(github.state, path))
    body = error(fault.what, fault.message).body if fault.body is None else fault.body
    return Answer(fault.what, body, dict(fault.headers))


def _silence(fault: Fault | None) -> str | None:
    return fault.what if fault is not None and isinstance(fault.what, str) and fault.what in _SILENT else None


def _json(request: Request) -> Json:
    body = body_of(request)
    if not body and request.get_data() not in (b"", b"{}", b"null"):
        raise Refusal(400, "Problems parsing JSON")
    return body


def body_of(request: Request) -> Json:
    found = request.get_json(force=True, silent=True)
    return found if isinstance(found, dict) else {}


def _echo(github: GitHub, request: Request, path: str, *, answer: Answer, caller: Caller, before: State) -> None:
    """What is written through the API is an event as well."""
    if github.echo is None or caller.installation is None:
        return
    by = github.state.bot(caller.installation.app_id).login
    done = echoes.read(request.method, path, body=body_of(request), answer=answer.body, by=by, before=before)
    if done is not None:
        github.echo(done)
