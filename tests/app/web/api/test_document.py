"""The OpenAPI document: whole, of 3.1, behind a token; and no endpoint of it is open to who has none."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.settings import Settings
from app.tokens import SCOPES
from app.web.api import document
from app.web.api.endpoint import Endpoint
from app.web.api.serving import ENDPOINTS
from app.web.replies import PROBLEM_JSON
from tests.app.web.api.knocking import Knocking, knocking
from tests.clock import Clock

EXAMPLES = {"int": "1", "uuid": "12345678-1234-5678-1234-567812345678", None: "x"}
ENDS = (*ENDPOINTS, document.endpoint(ENDPOINTS))

KEYED = ("post", "put")


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    return knocking(settings, clock)


@pytest.fixture
def described(knock: Knocking) -> dict[str, Any]:
    said = knock.client("read").get(document.PATH).get_json()
    assert isinstance(said, dict)
    return said


def address(endpoint: Endpoint) -> str:
    """An address of the endpoint."""
    return re.sub(r"<(?:([a-z]+):)?[a-z_]+>", lambda part: EXAMPLES[part[1]], endpoint.path)


def test_nobody_without_a_token_gets_anything(knock: Knocking) -> None:
    answers = {f"{each.method} {each.path}": _opened(knock.anonymous, each) for each in ENDS}
    assert answers == dict.fromkeys(answers, (401, "UNAUTHORIZED"))


def test_nobody_with_another_scope_gets_anything(knock: Knocking) -> None:
    others = {scope: knock.client(*({*SCOPES} - {scope})) for scope in SCOPES}
    answers = {f"{each.method} {each.path}": _opened(others[each.scope], each) for each in ENDS}
    assert answers == dict.fromkeys(answers, (403, "SCOPE_MISSING"))


def _opened(client: FlaskClient, endpoint: Endpoint) -> tuple[int, str]:
    answer = client.open(address(endpoint), method=endpoint.method, data=b"{}")
    return answer.status_code, answer.get_json()["code"]


def test_every_address_under_api_is_described(knock: Knocking, described: dict[str, Any]) -> None:
    rules = [rule for rule in knock.flask.url_map.iter_rules() if rule.rule.startswith("/api/")]
    served = {
        (document._PART.sub(r"{\g<name>}", rule.rule), method)
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD"}
    }
    assert served == {(path, method.upper()) for path, item in described["paths"].items() for method in item}


def test_it_is_of_3_1_and_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert names <= set(described["components"]["schemas"])
    assert {"Problem", "Evaluation", "Simulation"} <= names


def test_every_operation_says_what_it_needs_and_how_it_refuses(described: dict[str, Any]) -> None:
    operations = [operation for item in described["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"].endswith(".")
        assert [list(need) for need in operation["security"]] == [["token"]]
        assert {"401", "403", "429", "503"} <= set(operation["responses"])
        refusals = [said for status, said in operation["responses"].items() if status >= "400"]
        assert any(PROBLEM_JSON in said["content"] for said in refusals)


def test_every_post_and_put_but_policy_bots_takes_an_idempotency_key(described: dict[str, Any]) -> None:
    asked = [(path, item[method]) for path, item in described["paths"].items() for method in item if method in KEYED]
    assert asked
    for path, operation in asked:
        names = [parameter["name"] for parameter in operation.get("parameters", ())]
        assert ("Idempotency-Key" in names) == path.startswith("/api/v1/")
