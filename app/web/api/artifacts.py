"""The endpoints of artifacts: stored once under their digest, and shown."""

import json
from datetime import datetime
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, RootModel

from app import ledger
from app.artifacts import artifact as artifacts
from app.artifacts import store
from app.artifacts.artifact import Files, Patch
from app.artifacts.blocked import Blocked
from app.artifacts.store import Store, StoreUnavailable
from app.records import artifacts as records
from app.records.artifacts import Stored
from app.web.api.bodies import Query, ResponseBody
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.replies import Reply

ARTIFACTS = "/api/v1/artifacts"
MOST_BYTES = 16 * 2**20
"""What is no UTF-8 comes in base64, and JSON escapes what the artifact's own text does not."""
OK, CREATED, UNAVAILABLE = 200, 201, 503
NO_ARTIFACT = Reply(404, "ARTIFACT_NOT_FOUND", "Nobody has stored such an artifact.")


class ArtifactRequest(RootModel[Annotated[Files | Patch, Field(discriminator="kind")]]):
    """A patch as `git diff --binary` writes it, or files with their modes and contents; `base` binds it to a commit."""


class PatchQuery(Query):
    """The commit that a patch was made on, if it is to apply to no other."""

    base: Annotated[str | None, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")] = None


class ArtifactShape(ResponseBody):
    """A stored artifact; `size`: bytes of its text."""

    digest: str
    kind: Literal["patch", "files"]
    size: int
    paths: tuple[str, ...]
    stored_by: str
    stored_at: datetime


class ArtifactText(RootModel[Annotated[Files | Patch, Field(discriminator="kind")]]):
    """An artifact as it was stored."""


def store_artifact(call: Call, asked: ArtifactRequest) -> Answer | Reply:
    """Store a patch or a set of files."""
    try:
        artifacts.check(asked.root)
        return _keep(call, asked.root)
    except Blocked as blocked:
        return _refused(blocked)


def store_patch(call: Call, diff: bytes, query: PatchQuery) -> Answer | Reply:
    """Store a patch, sent as it is."""
    try:
        return _keep(call, artifacts.of_patch(diff, query.base))
    except Blocked as blocked:
        return _refused(blocked)


def show_artifact(call: Call, digest: str) -> Answer | Reply:
    """What is known of an artifact."""
    found = records.get(call.tx, digest)
    return NO_ARTIFACT if found is None else Answer(_shape(found))


def show_artifact_text(call: Call, digest: str) -> Answer | Reply:
    """All of an artifact, exactly as a pull request is made of it."""
    if records.get(call.tx, digest) is None:
        return NO_ARTIFACT
    try:
        return Answer(json.loads(_store(call).get(digest)))
    except Blocked as blocked:
        return _refused(blocked)


def _keep(call: Call, artifact: Files | Patch) -> Answer:
    """The bytes first, so that what has a row is there. Raises `Blocked`."""
    text = artifacts.canonical(artifact)
    stored = Stored(
        digest=_store(call).put(text),
        kind=artifact.kind,
        size=len(text),
        paths=artifacts.changed_paths(artifact),
        stored_by=call.caller.principal,
        stored_at=call.at,
    )
    if not records.record(call.tx, stored):
        return Answer(_shape(records.get(call.tx, stored.digest) or stored), location=_address(stored))
    ledger.append(
        call.tx,
        kind="artifact_stored",
        subject=f"artifact:{stored.digest}",
        actor=stored.stored_by,
        body={"kind": stored.kind, "size": stored.size, "files": len(stored.paths)},
        at=call.at,
    )
    return Answer(_shape(stored), status=CREATED, location=_address(stored))


def _store(call: Call) -> Store:
    return _opened(call.settings.artifact_store, call.settings.artifact_s3_endpoint)


@cache
def _opened(url: str | None, endpoint: str | None) -> Store:
    return store.opened(url, endpoint=endpoint)


def _shape(stored: Stored) -> ArtifactShape:
    return ArtifactShape.model_validate(stored.__dict__)


def _address(stored: Stored) -> str:
    return f"{ARTIFACTS}/{stored.digest}"


def _refused(blocked: Blocked) -> Reply:
    first = blocked.blockers[0]
    return Reply(503 if isinstance(blocked, StoreUnavailable) else 422, first.code, first.sentence, blocked.blockers)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path=ARTIFACTS,
        work=store_artifact,
        scope="propose",
        takes=ArtifactRequest,
        answers={OK: ArtifactShape, CREATED: ArtifactShape},
        most_bytes=MOST_BYTES,
    ),
    Endpoint(
        method="POST",
        path=f"{ARTIFACTS}/patch",
        work=store_patch,
        scope="propose",
        takes=bytes,
        types=("text/x-diff",),
        query=PatchQuery,
        answers={OK: ArtifactShape, CREATED: ArtifactShape},
        most_bytes=MOST_BYTES,
    ),
    Endpoint(
        method="GET",
        path=f"{ARTIFACTS}/<digest>",
        work=show_artifact,
        scope="read",
        answers={OK: ArtifactShape},
    ),
    Endpoint(
        method="GET",
        path=f"{ARTIFACTS}/<digest>/text",
        work=show_artifact_text,
        scope="read",
        answers={OK: ArtifactText},
    ),
)
