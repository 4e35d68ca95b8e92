"""`mergegate tokens`: shown once, revoked at once, and every change in the audit."""

import re

import psycopg
import pytest
from click.testing import CliRunner, Result

from app.cli import main

MADE = re.compile(r"mg_(?P<id>[0-9a-f]{16})_[A-Za-z0-9_-]{43}\n")


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Command()


class Command:
    """`mergegate tokens`, in this process."""

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["tokens", *arguments])

    def made(self, *arguments: str) -> str:
        """The id of a new token."""
        match = MADE.fullmatch(self("create", "robot", "--scope", "read", *arguments).output)
        assert match is not None
        return match["id"]


def test_it_prints_a_token_once_and_keeps_only_its_hash(run: Command, database_url: str) -> None:
    result = run("create", "robot", "--scope", "propose", "--scope", "read", "--as", "alice")
    token = result.output.strip()
    assert MADE.fullmatch(result.output)
    assert token[3:19] in run("list").output
    assert token[20:] not in run("list").output
    with psycopg.connect(database_url) as tx:
        everything = tx.execute("SELECT t::text || a::text FROM tokens t, audit_events a").fetchall()
    assert token[20:] not in str(everything)


def test_who_makes_and_revokes_a_token_stands_in_the_audit(run: Command, database_url: str) -> None:
    token_id = run.made("--as", "alice")
    assert run("revoke", token_id, "--as", "bob").output == f"Revoked {token_id}.\n"
    with psycopg.connect(database_url) as tx:
        entries = tx.execute("SELECT kind, subject, actor FROM audit_events ORDER BY seq").fetchall()
    subject = f"token:{token_id}"
    assert entries == [("token_created", subject, "alice"), ("token_revoked", subject, "bob")]


def test_without_a_name_it_is_the_user_s(run: Command, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for user, actor in (("Jane Doe", "jane-doe"), ("...", "unknown")):
        monkeypatch.setenv("LOGNAME", user)
        run.made()
        with psycopg.connect(database_url) as tx:
            newest = tx.execute("SELECT actor FROM audit_events ORDER BY seq DESC LIMIT 1").fetchone()
        assert newest == (actor,)


def test_the_list_says_until_when_each_counts(run: Command, database_url: str) -> None:
    assert "There are no tokens yet" in run("list").output
    made = [run.made("--expires-in", "2w"), run.made("--expires-in", "2w"), run.made("--expires-in", "1m"), run.made()]
    run("revoke", made[0])
    with psycopg.connect(database_url) as tx:
        tx.execute("UPDATE tokens SET expires_at = now() WHERE id = %s", [made[2]])
    lines = [line.split() for line in run("list").output.splitlines()]
    assert [line[0] for line in lines] == made
    assert [line[1] for line in lines] == ["revoked", "until", "expired", "counts"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "Robot", "--scope", "read"), "A name should be lower-case letters"),
        (("create", "robot"), "--scope"),
        (("create", "robot", "--scope", "admin"), "admin"),
        (("create", "robot", "--scope", "read", "--expires-in", "soon"), "no length of time"),
        (("revoke", "0" * 16), "There is no such token"),
        (("revoke", "mg_0123"), "The id of a token is 16 letters"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(run: Command, arguments: tuple[str, ...], sentence: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert sentence in result.output


def test_a_token_is_revoked_once(run: Command) -> None:
    token_id = run.made()
    assert run("revoke", token_id).exit_code == 0
    assert run("revoke", token_id).exit_code == 1
