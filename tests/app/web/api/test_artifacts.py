"""Artifacts over the API: stored once under their digest, shown as they were sent, refused with every reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import database
from app.artifacts.artifact import MOST_BYTES
from app.settings import Settings
from tests.app.web.api.knocking import Knocking, knocking
from tests.clock import Clock

DIFF = b"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-1\n+\xff\n"
FILES = {"kind": "files", "files": [{"path": "b", "content": "2"}, {"path": "a", "delete": True}]}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def api(settings: Settings, clock: Clock, directory: Path) -> Knocking:
    return knocking(settings.model_copy(update={"artifact_store": directory.as_uri()}), clock)


@pytest.fixture
def client(api: Knocking) -> FlaskClient:
    return api.client("propose", "read")


def _refused(client: FlaskClient, document: dict[str, Any]) -> tuple[int, list[tuple[str, str]]]:
    answer = client.post("/api/v1/artifacts", json=document)
    return answer.status_code, [(one["code"], one["subject"]) for one in answer.get_json()["blockers"]]


def test_the_same_files_are_stored_once(api: Knocking, client: FlaskClient, clock: Clock) -> None:
    first = client.post("/api/v1/artifacts", json=FILES)
    stored = first.get_json()
    assert (first.status_code, stored["kind"], stored["paths"]) == (201, "files", ["a", "b"])
    assert (stored["storedBy"], first.headers["Location"]) == ("robot", f"/api/v1/artifacts/{stored['digest']}")
    clock.forward(60)
    same = {
        "kind": "files",
        "files": [{"path": "a", "delete": True}, {"path": "b", "content": "Mg==", "encoding": "base64"}],
    }
    again = api.client("propose", principal="other").post("/api/v1/artifacts", json=same)
    assert (again.status_code, again.get_json()) == (200, stored)
    assert client.get(first.headers["Location"]).get_json() == stored


def test_all_of_it_is_shown(client: FlaskClient) -> None:
    address = client.post("/api/v1/artifacts", json=FILES).headers["Location"]
    shown = client.get(f"{address}/text").get_json()
    assert shown["files"][1] == {"path": "b", "mode": "100644", "content": "2", "encoding": "utf-8"}
    assert client.post("/api/v1/artifacts", json=shown).headers["Location"] == address


def test_a_patch_is_taken_as_it_is(client: FlaskClient) -> None:
    base = "a" * 40
    sent = client.post(f"/api/v1/artifacts/patch?base={base}", data=DIFF, content_type="text/x-diff")
    assert (sent.status_code, sent.get_json()["paths"]) == (201, ["a.py"])
    shown = client.get(f"{sent.headers['Location']}/text").get_json()
    assert (shown["base"], shown["encoding"]) == (base, "base64")


def test_storing_is_in_the_audit(api: Knocking, client: FlaskClient) -> None:
    digest = client.post("/api/v1/artifacts", json=FILES).get_json()["digest"]
    client.post("/api/v1/artifacts", json=FILES)
    with database.pool(api.settings.database_url) as pool, pool.connection() as tx:
        rows = tx.execute("SELECT subject, actor, body FROM audit_events WHERE kind = 'artifact_stored'").fetchall()
    assert [(row["subject"], row["actor"], row["body"]["files"]) for row in rows] == [
        (f"artifact:{digest}", "robot", 2)
    ]


def test_it_says_all_that_is_wrong(client: FlaskClient) -> None:
    paths = ["/a", "b/../c", ".git/config", "d\\e"]
    status, blockers = _refused(client, {"kind": "files", "files": [{"path": path, "content": ""} for path in paths]})
    assert status == 422
    assert sorted(blockers) == [
        ("ARTIFACT_MALFORMED", "path:d\\e"),
        ("PATH_OUTSIDE_TREE", "path:.git/config"),
        ("PATH_OUTSIDE_TREE", "path:/a"),
        ("PATH_OUTSIDE_TREE", "path:b/../c"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "zip"},
        {"kind": "files", "files": []},
        {"kind": "files", "files": [{"path": "a"}]},
        {"kind": "files", "files": [{"path": "a", "content": "", "delete": True}]},
        {"kind": "files", "files": [{"path": "a", "content": "?", "encoding": "base64"}]},
        {"kind": "files", "files": [{"path": "a", "content": "", "mode": "160000"}]},
        {"kind": "files", "files": [{"path": "a", "content": ""}], "more": 1},
        {"kind": "patch", "patch": "", "base": "main"},
    ],
)
def test_what_is_no_artifact_is_refused_with_the_place(client: FlaskClient, document: dict[str, Any]) -> None:
    status, blockers = _refused(client, document)
    assert status == 422
    assert {code for code, _ in blockers} == {"INVALID"}


def test_a_patch_that_cannot_be_read_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/artifacts/patch", data=b"--- a\n+++ b\n", content_type="text/x-diff")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "ARTIFACT_MALFORMED")


def test_one_that_is_too_large_is_refused(client: FlaskClient) -> None:
    files = [{"path": f"{number}", "content": "x" * 2**20} for number in range(MOST_BYTES // 2**20 + 1)]
    assert _refused(client, {"kind": "files", "files": files}) == (422, [("ARTIFACT_TOO_LARGE", "artifact")])


def test_nobody_without_the_scope_stores_or_reads(api: Knocking) -> None:
    assert api.client("read").post("/api/v1/artifacts", json=FILES).status_code == 403
    assert api.client("propose").get(f"/api/v1/artifacts/{'0' * 64}").status_code == 403
    assert api.anonymous.post("/api/v1/artifacts", json=FILES).status_code == 401


@pytest.mark.parametrize("rest", ["", "/text"])
def test_what_nobody_stored_is_not_there(client: FlaskClient, rest: str) -> None:
    assert client.get(f"/api/v1/artifacts/{'0' * 64}{rest}").get_json()["code"] == "ARTIFACT_NOT_FOUND"


def test_it_says_what_happened_to_the_bytes(client: FlaskClient, directory: Path) -> None:
    address = client.post("/api/v1/artifacts", json=FILES).headers["Location"]
    file = directory / address.rpartition("/")[2]
    file.write_bytes(file.read_bytes() + b" ")
    assert client.get(f"{address}/text").get_json()["code"] == "ARTIFACT_CORRUPT"
    file.unlink()
    assert client.get(f"{address}/text").get_json()["code"] == "ARTIFACT_MISSING"
    assert client.post("/api/v1/artifacts", json=FILES).status_code == 200
    assert client.get(f"{address}/text").status_code == 200


def test_without_a_store_nothing_is_taken(settings: Settings, clock: Clock) -> None:
    api = knocking(settings, clock)
    answer = api.client("propose").post("/api/v1/artifacts", data=json.dumps(FILES), content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "ARTIFACT_STORE_UNAVAILABLE")
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        assert tx.execute("SELECT 1 FROM artifacts").fetchall() == []
