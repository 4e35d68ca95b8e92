"""An export is read to the letter: what is said in another way, twice or not at all is no export."""

import io
import json

import pytest

from app import exports
from app.exports import NotAnExport
from app.ledger import Entry
from tests.app.chains import chain, text


def _read(*files: str) -> list[Entry]:
    return list(exports.read(io.StringIO(each) for each in files))


def test_what_is_read_is_what_was_written() -> None:
    entries = chain(3)
    assert _read(text(entries)) == entries
    assert _read(text(entries).rstrip("\n")) == entries


def test_files_that_follow_one_another_are_read_as_one() -> None:
    entries = chain(5)
    assert _read(text(entries[:2]), "", text(entries[2:])) == entries


def test_white_space_and_the_order_of_keys_do_not_matter() -> None:
    (entry,) = chain(1)
    turned = dict(reversed(entry.document().items()))
    assert _read(json.dumps(turned, separators=(" ,", ": "))) == [entry]


LINE = text(chain(1))
DOCUMENT = chain(1)[0].document()


@pytest.mark.parametrize(
    "line",
    [
        "rubbish",
        "\n",
        "[]",
        "1",
        "null",
        "{}",
        LINE[:-20],
        LINE.replace('"kind":', '"kind": "other", "kind":'),
        LINE.replace('"number": 1', '"number": 0, "number": 1'),
        LINE.replace(": 1,", ": NaN,"),
        LINE.replace('"number": 1', '"number": ' + "9" * 5_000),
        LINE.replace('"number": 1', '"number": ' + "[" * 100_000),
        LINE.replace('"number": 1', '"number": "\\ud800"'),
        json.dumps({**DOCUMENT, "more": 1}),
        json.dumps({**DOCUMENT, "seq": True}),
        json.dumps({**DOCUMENT, "seq": 1.0}),
        json.dumps({**DOCUMENT, "seq": "1"}),
        json.dumps({**DOCUMENT, "kind": 1}),
        json.dumps({**DOCUMENT, "body": []}),
        json.dumps({**DOCUMENT, "at": "2026-03-01T12:00:01.123456"}),
        json.dumps({**DOCUMENT, "at": "2026-03-01T13:00:01.123456+01:00"}),
        json.dumps({**DOCUMENT, "at": "0001-01-01T00:00:00.000000+23:00"}),
        json.dumps({**DOCUMENT, "at": 0}),
        json.dumps({**DOCUMENT, "hash": DOCUMENT["hash"].upper()}),
        json.dumps({**DOCUMENT, "hash": DOCUMENT["hash"] + " "}),
        json.dumps({**DOCUMENT, "previous": None}),
        json.dumps({name: value for name, value in DOCUMENT.items() if name != "hash"}),
    ],
)
def test_it_refuses_what_says_something_else_or_in_another_way(line: str) -> None:
    with pytest.raises(NotAnExport, match=r"^This is not an export: line 2 should"):
        _read(LINE + line)


def test_it_refuses_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_LINE_CHARACTERS", 1_000)
    with pytest.raises(NotAnExport, match="line 1 should"):
        _read("[" * 1_001)


def test_it_refuses_what_is_no_text() -> None:
    with pytest.raises(NotAnExport, match="line 1 should"):
        list(exports.read([io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8")]))
