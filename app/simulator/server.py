"""The simulated GitHub behind real HTTP on 127.0.0.1."""

import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import responses
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from app.simulator import gateway, pages, scripted
from app.simulator.answers import Answer
from app.simulator.gateway import Reply
from app.simulator.github import GitHub
from app.simulator.journal import Asked

_POLL_SECONDS = 0.02
_MEDIA_TYPE = "github.v3; format=json"


@contextmanager
def serve(github: GitHub, *, port: int = 0) -> Iterator[str]:
    """Serve until the block ends; gives the address, such as `http://127.0.0.1:40123`."""
    server = make_server("127.0.0.1", port, _application(github), threaded=True, request_handler=_Quiet)
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield github.url
    finally:
        github.faults.release()
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the name is werkzeug's
        """Requests are in the journal, not on the terminal."""


Application = Callable[[dict[str, Any], Any], Any]


def _application(github: GitHub) -> Application:
    def application(environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        with github.secondary.under_way(gateway.asker(github, request)):
            return answer(request, environ, start_response)

    def answer(request: Request, environ: dict[str, Any], start_response: Any) -> Any:
        asked = f"{request.method} {request.path}"
        github.open_requests.append(asked)
        reply = scripted.reply(github, request)
        github.open_requests.remove(asked)
        response = _response(github, request, reply)
        status = 0 if reply.sabotage else response.status_code
        github.requests.append(Asked(request.method, reply.path or request.path, status, dict(request.args)))
        if reply.tell is not None:
            reply.tell()
        if reply.sabotage:
            _sabotage(github, environ["werkzeug.socket"], reply.sabotage, response)
        return response(environ, start_response)

    return application


def _response(github: GitHub, request: Request, reply: Reply) -> Response:
    body = _raw(reply.answer)
    etag = pages.tag(body)
    status = reply.answer.status
    if request.method == "GET" and status == 200 and etag in request.headers.get("if-none-match", ""):
        status, body = 304, b""
    free = status in (304, 401) or request.path == "/rate_limit"
    headers = {**_headers(github, reply, 0 if free else reply.answer.points), **reply.answer.headers}
    if request.method == "GET" and status in (200, 304):
        headers["etag"] = etag
    return Response(body, status=status, headers=headers, content_type=reply.answer.media)


def _raw(answer: Answer) -> bytes:
    if answer.raw is not None:
        return answer.raw.encode()
    return b"" if answer.body is None else json.dumps(answer.body).encode()


def _headers(github: GitHub, reply: Reply, points: int) -> dict[str, str]:
    with github.lock:
        now = github.now()
        github.limits.budget(reply.caller, now, reply.resource).used += points
        return {
            **github.limits.headers(reply.caller, now, reply.resource),
            "x-github-request-id": secrets.token_hex(8).upper(),
            "x-github-media-type": "github.v4; format=json" if reply.resource == "graphql" else _MEDIA_TYPE,
            "x-github-api-version-selected": "2022-11-28",
        }


def _sabotage(github: GitHub, connection: socket.socket, how: str, response: Response) -> None:
    """End the connection in the way of the fault; the raised error makes werkzeug forget it."""
    if how == "hang":
        github.faults.wait()
    if how == "cut":
        connection.sendall(_half(response))
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError(how)


def _half(response: Response) -> bytes:
    """The whole head and half of the body that it promises."""
    body = response.get_data()
    lines = [f"HTTP/1.1 {response.status_code} {responses[response.status_code]}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    return "\r\n".join([*lines, "", ""]).encode() + body[: len(body) // 2]
