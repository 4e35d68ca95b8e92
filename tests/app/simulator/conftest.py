"""A small simulated town, a plain HTTP client for it, and GitHub's own descriptions to hold answers against."""

import http.client
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import jwt
import pytest
from werkzeug import Request, Response
from werkzeug.serving import make_server

from app import simulator
from app.simulator.records import App, Installation
from app.simulator.world import APP_EVENTS

SECRET = "a secret of some length"
BEGIN = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CLIENT_SECONDS = 20


@dataclass
class Clock:
    now: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Town:
    """acme/widget (private) with one pull request, and our App installed at acme."""

    github: simulator.GitHub
    clock: Clock
    app: App
    installation: Installation
    head: str
    url: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def jwt(self, *, lifetime_seconds: int = 300, key: str = "app", **claims: Any) -> str:
        now = int(self.clock.now.timestamp())
        payload = {"iss": str(self.app.id), "iat": now - 60, "exp": now + lifetime_seconds, **claims}
        return jwt.encode(payload, simulator.key_pair(key).private, algorithm="RS256")

    def token(self, installation: Installation | None = None) -> str:
        found = installation or self.installation
        return self.github.tokens.issue(found.id, found.permissions, self.github.now()).text

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        auth: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, as the App where the path is the App's, else as the installation; `auth` is the whole header."""
        its = path.startswith("/app") or path.endswith("/installation")
        own = f"Bearer {self.jwt()}" if its else f"token {self.token()}"
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=CLIENT_SECONDS)
        sent = {"authorization": own if auth is None else auth, **(headers or {})}
        raw = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, raw, {k: v for k, v in sent.items() if v})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        is_json = found.get("content-type", "").startswith("application/json")
        return Reply(answer.status, found, json.loads(text) if text and is_json else None)

    def get(self, path: str, **more: Any) -> Reply:
        return self.ask("GET", path, **more)


@pytest.fixture
def town() -> Iterator[Town]:
    clock = Clock()
    github = simulator.GitHub(clock)
    github.add_organization(
        "acme", members={"root": "admin", "alice": "member"}, teams={"core": {"alice": "maintainer"}}
    )
    files = {"README.md": "Hello\n", ".policy.yml": "policy: {}\n", "src/a.py": "one\ntwo\n", "old.txt": "x\n"}
    roles = {"alice": "write", "bob": "read", "mia": "maintain"}
    github.add_repository("acme/widget", files=files, collaborators=roles, visibility="private")
    app = github.add_app(hook_secret=SECRET, events=(*APP_EVENTS, "create", "delete"))
    installation = github.install(app, "acme")
    changes = {"src/a.py": "one\nthree\n", "src/b.py": "new\n", "old.txt": None}
    head = github.push("acme/widget", "feature", changes, by="bob")
    github.open_pull("acme/widget", "feature", by="bob", title="Three", body="Not two")
    town = Town(github, clock, app, installation, head.sha)
    with simulator.serve(github) as town.url:
        yield town


@dataclass
class Receiver:
    """Takes webhooks and answers as told."""

    url: str = ""
    status: int = 202
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def events(self) -> list[tuple[str, str | None]]:
        return [(h["x-github-event"], json.loads(body).get("action")) for h, body in self.got]

    def bodies(self, event: str) -> list[Any]:
        return [json.loads(body) for h, body in self.got if h["x-github-event"] == event]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        found.got.append(({k.lower(): v for k, v in request.headers.items()}, request.get_data()))
        return Response("taken", found.status)(environ, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    found.url = f"http://127.0.0.1:{server.server_port}/webhooks/github"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooks(town: Town, receiver: Receiver) -> simulator.Hooks:
    town.github.set_hook(town.app, receiver.url)
    return simulator.Hooks(town.github)


@pytest.fixture(scope="session")
def cases() -> Path:
    folder = os.environ.get("MERGEGATE_CASES")
    if folder is None:
        pytest.skip("MERGEGATE_CASES is unset: GitHub's API description and webhook examples are not at hand")
    return Path(folder)


Check = Callable[[str, str, int, Any], None]


@pytest.fixture(scope="session")
def conforms(cases: Path) -> Check:
    """Check a body against the description: (method, path template, status, body)."""
    text = (cases / "github_openapi_subset.json").read_text()
    document = _nullable(json.loads(text))

    def check(method: str, template: str, status: int, body: Any) -> None:
        if template == "/app/installations":  # its list demands an account that is user and enterprise at once
            for item in body:
                check(method, "/app/installations/{installation_id}", status, item)
            return
        response = document["paths"][template][method.lower()]["responses"][str(status)]
        shared = response.get("$ref", "").rpartition("/")[2]
        content = (document["components"]["responses"][shared] if shared else response).get("content")
        if content is None:
            assert body in (None, {})
            return
        schema = {"allOf": [content["application/json"]["schema"]], "components": document["components"]}
        jsonschema.Draft4Validator(schema).validate(body)

    return check


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable: true` where JSON Schema has the type null."""
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _nullable(value) for key, value in node.items()}
    if node.get("nullable") is True:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain
