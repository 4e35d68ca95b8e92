"""What is handed on is kept as JSON and read back as the same, and nothing else is."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from app import handed
from app.handed import Asked, AskedDeletion, AskedHandoff, AskedImport, AskedPulls, AskedStep, AskedWord, AskedWrite

ID = UUID(int=7)
KEPT: list[tuple[Asked, dict[str, Any]]] = [
    (AskedPulls(repository="a/b", number=3), {"repository": "a/b", "number": 3}),
    (
        AskedHandoff(remote="a/b", base="m", head="h", head_sha="e"),
        {"remote": "a/b", "base": "m", "head": "h", "headSha": "e"},
    ),
    (AskedWord(run=ID, epoch=2), {"run": str(ID), "epoch": 2}),
    (
        AskedStep(step="S4_REVIEW", mode="dryRun", request_id="r"),
        {"step": "S4_REVIEW", "mode": "dryRun", "requestId": "r"},
    ),
    (AskedImport(batch=ID, by="olga"), {"batch": str(ID), "by": "olga"}),
    (AskedWrite(kind="status"), {"kind": "status"}),
    (AskedDeletion(attempt=ID), {"attempt": str(ID)}),
]


@pytest.mark.parametrize(("asked", "document"), KEPT, ids=[type(asked).__name__ for asked, _ in KEPT])
def test_what_was_asked_is_read_back_as_the_same_and_strictly(asked: Asked, document: dict[str, Any]) -> None:
    assert asked.document() == document
    assert handed.read(type(asked), document) == asked
    wrongs: tuple[dict[str, Any], ...] = ({}, {**document, "more": 1}, {name: [] for name in document})
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            handed.read(type(asked), wrong)
