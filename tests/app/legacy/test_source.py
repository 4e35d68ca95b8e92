"""Opening an export: databases and dumps as they are written, cut off, and made by somebody who means harm."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.legacy import source
from app.legacy.trouble import LegacyError
from tests.app.legacy import exports

# As `wrangler d1 export` writes it.
D1 = """PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE d1_migrations(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);
INSERT INTO "d1_migrations" ("id","name","applied_at") VALUES(1,'0001_init.sql','2026-08-09 01:35:56');
CREATE TABLE workflows (
  id TEXT PRIMARY KEY, -- a ; in a comment
  type TEXT NOT NULL CHECK (type IN ('merge', 'approval')),
  status TEXT, input TEXT CHECK (json_valid(input)), created_at INTEGER DEFAULT (unixepoch())
);
INSERT INTO "workflows" ("id","type","status","input","created_at") VALUES('w;1','merge','done','{"say":"it''s; here"}',1700000000000);
INSERT INTO "workflows" ("id","type","status","input","created_at") VALUES('w2','merge','done',replace('{"a":\\n1}','\\n',char(10)),1700000000000);
CREATE TABLE workflow_steps (id TEXT, workflow_id TEXT REFERENCES workflows(id), name TEXT, status TEXT);
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES('d1_migrations',1);
CREATE INDEX by_status ON workflows (status);
CREATE TRIGGER t AFTER INSERT ON workflows BEGIN UPDATE workflows SET status = 'x'; SELECT 1; END;
CREATE VIEW v AS SELECT * FROM workflows;
"""  # noqa: E501


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    with source.opened(path) as opened:
        return {table.name: list(opened.rows(table, 0)) for table in opened.tables}


def dump(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "old.sql"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(path: Path) -> str:
    with pytest.raises(LegacyError) as told:
        rows_of(path)
    return str(told.value)


def test_it_reads_a_dump_as_d1_writes_it(tmp_path: Path) -> None:
    found = rows_of(dump(tmp_path, D1))
    assert [(row["id"], row["input"], row["status"]) for row in found["workflows"]] == [
        ("w;1", '{"say":"it\'s; here"}', "done"),
        ("w2", '{"a":\n1}', "done"),
    ]
    assert found["workflow_steps"] == []


def test_it_reads_a_dump_as_sqlite_writes_it(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no sqlite3 here to write a dump")
    tables: Mapping[str, Any] = exports.sound()
    path = exports.database(tmp_path / "old.db", tables)
    written = subprocess.run(["sqlite3", str(path), ".dump"], check=True, capture_output=True).stdout
    assert rows_of(dump(tmp_path, written)) == rows_of(path)


def test_it_reads_on_after_so_many_rows(tmp_path: Path) -> None:
    path = exports.database(tmp_path / "old.db", exports.sound(5))
    with source.opened(path) as opened:
        table = opened.tables[0]
        assert list(opened.rows(table, 3)) == list(opened.rows(table, 0))[3:]


def test_cells_keep_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "odd.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE settings (key, value)")
        connection.execute("INSERT INTO settings VALUES (?, ?), (?, ?)", (1.5, b"\x00", "a\0b", None))
        connection.execute("INSERT INTO settings VALUES (CAST(X'ff' AS TEXT), 9e999), (9223372036854775807, '')")
        connection.commit()
    assert [tuple(row.values()) for row in rows_of(path)["settings"]] == [
        ({"$real": "1.5"}, {"$blob": "00"}),
        ({"$text": "610062"}, None),
        ({"$text": "ff"}, {"$real": "inf"}),
        (9223372036854775807, ""),
    ]


def test_a_huge_cell_is_told_and_not_taken(tmp_path: Path) -> None:
    tables = exports.sound(3)
    tables["workflows"][1]["input"] = "x" * 2_000_001
    found = rows_of(exports.database(tmp_path / "old.db", tables))["workflows"]
    assert [row["id"] for row in found] == ["w1", "w2", "w3"]
    assert found[1]["input"] == {"$large": 2_000_000}


def test_a_database_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = exports.database(tmp_path / "old.db", exports.sound())
    whole = path.read_bytes()
    path.write_bytes(whole[:-512])
    assert refused(path) == f"The file is cut off: it has {len(whole) - 512} of {len(whole)} bytes."
    path.write_bytes(whole[:40])
    assert refused(path) == "The file is cut off: it is shorter than the header of a SQLite database."


def test_a_database_with_broken_pages_is_refused(tmp_path: Path) -> None:
    path = exports.database(tmp_path / "old.db", exports.sound())
    whole = bytearray(path.read_bytes())
    whole[4096:8192] = b"\xff" * 4096
    path.write_bytes(bytes(whole))
    assert "can't be read on: database disk image is malformed" in refused(path)
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    assert "no SQLite database that can be read" in refused(path)


def test_rows_that_are_still_in_the_log_are_missed(tmp_path: Path) -> None:
    path = exports.database(tmp_path / "old.db", exports.sound())
    (tmp_path / "old.db-wal").write_bytes(b"x")
    assert "rows in old.db-wal still" in refused(path)


def test_a_change_that_is_half_done_is_missed(tmp_path: Path) -> None:
    path = exports.database(tmp_path / "old.db", exports.sound())
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_spill = 1")
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN EXCLUSIVE")
        for _ in range(200):
            writer.execute("INSERT INTO workflows (id) VALUES (hex(randomblob(900)))")
        copied = tmp_path / "copied.db"
        shutil.copy(path, copied)
        shutil.copy(tmp_path / "old.db-journal", tmp_path / "copied.db-journal")
    said = "A change of the database is half done, see copied.db-journal: open it with sqlite3 once."
    assert refused(copied) == said
    (tmp_path / "copied.db-journal").write_bytes(bytes(512))
    shutil.copy(path, copied)
    assert len(rows_of(copied)["workflows"]) == len(exports.sound()["workflows"])


@pytest.mark.timeout(20)
def test_what_is_no_file_is_refused_before_it_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(LegacyError, match="is no file: save the export to one, and import that"):
            source.digest(path)


def test_views_virtual_and_generated_columns_are_never_run(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE settings (key, value, big AS (zeroblob(1000000000)))")
        connection.execute("INSERT INTO settings VALUES ('a', 'b')")
        connection.execute(
            "CREATE VIEW workflows AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT * FROM r"
        )
        connection.execute("CREATE VIRTUAL TABLE steps USING fts5(name)")
        connection.commit()
    found = rows_of(path)
    assert found["settings"] == [{"key": "a", "value": "b"}]
    assert {"workflows", "steps"} & set(found) == set()


@pytest.mark.parametrize(
    ("text", "torn"),
    [
        (D1[:-30], "it ends in the middle of a statement that begins in line 20"),
        (
            D1 + "INSERT INTO workflows VALUES ('w3', 'mer",
            "it ends in the middle of a statement that begins in line 21",
        ),
        ("BEGIN TRANSACTION;\n" + D1, "it begins a transaction in line 1 and never ends it"),
        (D1 + "ROLLBACK; -- due to errors\n", "whoever wrote it met errors and gave up in line 21"),
    ],
)
def test_a_torn_dump_is_told(tmp_path: Path, text: str, torn: str) -> None:
    with source.opened(dump(tmp_path, text)) as opened:
        assert opened.torn == torn


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH 'x.db' AS x",
        "SELECT load_extension('x')",
        "UPDATE workflows SET id = 1",
        "DROP TABLE workflows",
        "DELETE FROM workflows",
        "VACUUM INTO 'x'",
        "ALTER TABLE workflows ADD x",
        ".shell ls",
    ],
)
def test_a_statement_that_no_export_has_is_refused(tmp_path: Path, statement: str) -> None:
    assert refused(dump(tmp_path, f"{D1}{statement};\n")).startswith("Line 21 of the dump says ")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO workflows VALUES (1, 2)", "table workflows has 5 columns but 2 values were supplied"),
        ("INSERT INTO workflows (id, type, input) VALUES ('w2', 'merge', '1')", "UNIQUE constraint failed"),
        ("INSERT INTO workflows (id, type) VALUES (load_extension('x'), 1)", "not authorized to use function"),
        ("INSERT INTO workflows (id, type) VALUES (zeroblob(1000000000), 1)", "not authorized to use function"),
        ("INSERT INTO workflows (id, type) SELECT 1, 'merge' FROM (WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL"
         " SELECT x FROM r) SELECT x FROM r)", "not authorized"),
        ("INSERT INTO workflows (id, type) VALUES ('w9', 'x')", "CHECK constraint failed"),
    ],
)  # fmt: skip
def test_a_row_that_sqlite_does_not_take_is_kept_with_what_it_said(tmp_path: Path, statement: str, said: str) -> None:
    row = rows_of(dump(tmp_path, f"{D1}{statement};\n"))["workflows"][2]
    assert row["$statement"] == statement
    assert said in row["$said"]


def test_bytes_that_are_no_text_in_a_dump_are_kept_as_one_row(tmp_path: Path) -> None:
    broken = D1.encode() + b"INSERT INTO workflows VALUES ('\xff', 'merge', '', '{}', 1);\n"
    assert rows_of(dump(tmp_path, broken))["workflows"][2]["$said"] == "it is not UTF-8"


def test_a_dump_without_its_tables_is_refused(tmp_path: Path) -> None:
    assert "export it with its schema" in refused(dump(tmp_path, "INSERT INTO workflows VALUES (1);"))


@pytest.mark.parametrize("text", ["hello", "{}", "\x7fELF\x00\x01", "[]; DROP"])
def test_something_else_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(dump(tmp_path, text)) == "The file is neither a SQLite database nor a dump of one."


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_dump_as_some_shells_write_it_says_what_is_wrong(tmp_path: Path, encoding: str) -> None:
    said = "The dump begins with a byte order mark: have it written as UTF-8 without one."
    assert refused(dump(tmp_path, D1.encode(encoding))) == said


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.db").endswith("can't be read: No such file or directory.")
