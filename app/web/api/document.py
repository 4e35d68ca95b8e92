"""The OpenAPI 3.1 document of the endpoints, made from their pydantic models."""

import functools
import json
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any, Literal

from openapi_pydantic import (
    Components,
    Header,
    Info,
    MediaType,
    OpenAPI,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
)
from openapi_pydantic.util import PydanticSchema, construct_open_api_with_schema_class
from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.web import request_body
from app.web.api.asked import KEY, KEY_HEADER, WAIT
from app.web.api.bodies import Document
from app.web.api.endpoint import MOST_WAIT_SECONDS, Answer, Call, Endpoint
from app.web.replies import PROBLEM_JSON, Problem

PATH = "/api/v1/openapi.json"
TOKEN = "token"  # noqa: S105 -- the name of the security scheme
TOO_MANY, UNAVAILABLE = 429, 503

SENTENCES = {
    400: "The request is malformed.",
    401: "No token was given that counts.",
    403: "The token has not the scope that is needed.",
    404: "There is no such thing.",
    409: "Something is in the way; `blockers` says what.",
    413: "The body is too large.",
    415: "The body has another content type.",
    422: "The request is understood and wrong; `blockers` says where.",
    TOO_MANY: "Too many requests, of this token or of all.",
    UNAVAILABLE: "Something that is needed does not answer now.",
}
_PART = re.compile(r"<(?:(?P<kind>[a-z]+):)?(?P<name>[a-z_]+)>")
_SCHEMAS: dict[str, dict[str, Any]] = {
    "int": {"type": "integer", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
    "string": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
}


class OpenApi(BaseModel):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")


def endpoint(endpoints: tuple[Endpoint, ...]) -> Endpoint:
    """The endpoint that describes these and itself; the document is made when it is first asked for."""

    @functools.cache
    def made() -> Document:
        return make((*endpoints, itself))

    def read_openapi_document(_call: Call) -> Answer:
        """This document."""
        return Answer(made())

    itself = Endpoint(method="GET", path=PATH, work=read_openapi_document, scope="read", answers={200: OpenApi})
    return itself


def make(endpoints: Iterable[Endpoint]) -> Document:
    """The document as JSON."""
    paths: dict[str, PathItem] = {}
    for each in endpoints:
        path = address(each)
        paths[path] = paths.get(path, PathItem()).model_copy(update={each.method.lower(): _operation(each)})
    scheme = SecurityScheme(type="http", scheme="bearer", description="A token of `mergegate tokens create`.")
    document = OpenAPI(
        info=Info(title="mergegate", version=version("mergegate"), description="docs/api.md explains it."),
        paths=paths,
        components=Components(securitySchemes={TOKEN: scheme}),
    )
    whole = construct_open_api_with_schema_class(document, by_alias=True)
    return {"openapi": whole.openapi, **json.loads(whole.model_dump_json(by_alias=True, exclude_defaults=True))}


def address(endpoint: Endpoint) -> str:
    """Its path as OpenAPI writes it."""
    return _PART.sub(r"{\g<name>}", endpoint.path)


def statuses(endpoint: Endpoint) -> Iterator[int]:
    """The statuses of refusals: the endpoint's own and those of the door."""
    yield from (401, 403, 422, TOO_MANY, UNAVAILABLE, *endpoint.refuses)
    if endpoint.is_keyed or endpoint.takes:
        yield 400
    if endpoint.takes:
        yield from (413, 415)
    if "<" in endpoint.path:
        yield 404


def _operation(endpoint: Endpoint) -> Operation:
    name = endpoint.work.__name__
    summary, _, description = (endpoint.work.__doc__ or name).strip().partition("\n")
    answers = {str(status): _answer(model, endpoint.says) for status, model in endpoint.answers.items()}
    refusals = {str(status): _refusal(status) for status in sorted(set(statuses(endpoint)))}
    return Operation(
        operationId=name,
        summary=summary,
        description="\n".join(line.strip() for line in description.strip().splitlines()) or None,
        parameters=list(_parameters(endpoint)),
        requestBody=_body(endpoint),
        responses={**refusals, **answers},
        security=[{TOKEN: [endpoint.scope]}],
    )


def _parameters(endpoint: Endpoint) -> Iterator[Parameter | Reference]:
    for part in _PART.finditer(endpoint.path):
        yield _parameter(part["name"], "path", _SCHEMAS[part["kind"] or "string"])
    schema = endpoint.query.model_json_schema() if endpoint.query else {}
    for name, described in schema.get("properties", {}).items():
        yield _parameter(name, "query", described)
    if endpoint.awaits:
        yield _parameter(WAIT, "query", {"type": "integer", "minimum": 0, "maximum": MOST_WAIT_SECONDS, "default": 0})
    if endpoint.is_keyed:
        yield _parameter(KEY_HEADER, "header", {"type": "string", "pattern": f"^{KEY}$"})


def _parameter(name: str, place: Literal["path", "query", "header"], schema: dict[str, Any]) -> Parameter:
    return Parameter.model_validate({"name": name, "in": place, "required": place == "path", "schema": schema})


def _body(endpoint: Endpoint) -> RequestBody | None:
    takes = endpoint.takes
    if takes is None:
        return None
    text = Schema.model_validate({"type": "string"})
    media = MediaType(schema=PydanticSchema(schema_class=takes) if issubclass(takes, BaseModel) else text)
    content = dict.fromkeys(endpoint.types or (request_body.JSON,), media)
    return RequestBody(content=content, required=endpoint.otherwise is None)


def _answer(model: type[BaseModel], content_type: str) -> Response:
    said = TypeAdapter(model).json_schema().get("description", "The answer.").partition("\n")[0]
    media = MediaType(schema=PydanticSchema(schema_class=model))
    return Response(description=said, content={content_type: media})


def _refusal(status: int) -> Response:
    headers: dict[str, Header | Reference] = {}
    if status == TOO_MANY:
        headers["Retry-After"] = Header(schema=Schema.model_validate({"type": "integer"}))
    media = MediaType(schema=PydanticSchema(schema_class=Problem))
    return Response(description=SENTENCES[status], content={PROBLEM_JSON: media}, headers=headers or None)
