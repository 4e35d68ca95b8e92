"""Every endpoint, asked all that its own description allows and much that it does not, over HTTP by schemathesis.

`API_EXAMPLES` says how many requests each endpoint gets; `make fuzz-api` gives each a thousand.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import tokens
from app.tokens import SCOPES
from app.web.api import document
from app.web.api.endpoint import Endpoint
from app.web.api.serving import ENDPOINTS
from tests import databases
from tests.app.web.conftest import SECRET
from tests.conformance.services import Receiver
from tests.tasks.house import built

EXAMPLES = int(os.environ.get("API_EXAMPLES", "4"))
MOST_SECONDS_WAITED = 1
TIMEOUT_SECONDS = 30
RUN = {"repository": "acme/widget", "base": "main", "head": "work", "headSha": "a" * 40}
ISSUE = {"githubUrl": "https://github.com/acme/widget/issues/3", "prUrl": "https://github.com/acme/widget/pull/1"}
ARTIFACT: dict[str, Any] = {"kind": "files", "files": [{"path": "a", "content": "1"}]}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    ignored_auth,
]
ENDS = [pytest.param(each, id=f"{each.method} {each.path}") for each in (*ENDPOINTS, document.endpoint(ENDPOINTS))]


class Served:
    """The API as gunicorn serves it, with a verdict, an open run, an issue, and a token that may all."""

    def __init__(self, port: int, token: str) -> None:
        self.url, self.headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}
        self.schema = schemathesis.openapi.from_url(f"{self.url}{document.PATH}", headers=self.headers)
        opened = requests.post(
            f"{self.url}/api/v1/runs", json=RUN, headers=self.headers, timeout=TIMEOUT_SECONDS
        ).json()
        stored = requests.post(
            f"{self.url}/api/v1/artifacts", json=ARTIFACT, headers=self.headers, timeout=TIMEOUT_SECONDS
        ).json()
        issue = requests.post(
            f"{self.url}/api/v1/issues", json=ISSUE, headers=self.headers, timeout=TIMEOUT_SECONDS
        ).json()
        self.known: dict[str, Any] = {
            "owner": "acme",
            "repo": "widget",
            "number": 1,
            "run": opened["runId"],
            "workflow": opened["runId"],
            "digest": stored["digest"],
            "issue": issue["id"],
        }

    def ask(self, case: Case[Any]) -> None:
        """One request, whose answer is as described; without the token it would not have been answered."""
        waited = (case.query or {}).get("wait")
        if isinstance(waited, int) and waited > MOST_SECONDS_WAITED:
            case.query["wait"] = MOST_SECONDS_WAITED
        case.call_and_validate(base_url=self.url, headers=self.headers, checks=CHECKS, timeout=TIMEOUT_SECONDS)


@pytest.fixture(scope="module")
def served(postgres: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with databases.fresh(postgres) as url, built(url, redis_url) as house:
        house.deliver_pull()
        house.work()
        now = house.clock()
        with house.context.pool.connection() as tx:
            made = tokens.create(tx, "robot", SCOPES, expires_at=None, by="operator", now=now)
        environment = {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "BROKER_URL": redis_url,
            "WEBHOOK_SECRET": SECRET,
            "API_REQUESTS_PER_MINUTE": "100000",
            "ARTIFACT_STORE": tmp_path_factory.mktemp("artifacts").as_uri(),
        }
        receiver = Receiver(environment, tmp_path_factory.mktemp("receiver") / "log")
        try:
            yield Served(receiver.port, made.token.get_secret_value())
        finally:
            receiver.stop()


@pytest.mark.parametrize("endpoint", ENDS)
@pytest.mark.timeout(60 + EXAMPLES)
def test_it_answers_as_it_is_described_whatever_it_is_asked(served: Served, endpoint: Endpoint) -> None:
    path = document.address(endpoint)
    operation = served.schema[path][endpoint.method]
    likely = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    unlikely = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=likely | unlikely, at_what_is_there=st.booleans())
    def ask(case: Case[Any], *, at_what_is_there: bool) -> None:
        if at_what_is_there:
            there = {name: served.known[name] for name in case.path_parameters or {} if name in served.known}
            case.path_parameters = {**(case.path_parameters or {}), **there}
        served.ask(case)

    ask()
