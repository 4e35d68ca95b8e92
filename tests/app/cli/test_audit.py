"""`mergegate audit`: what it finds of entries, parts and anchors, and the sentence where something is wrong."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import anchors, exports
from app.anchors import Anchor
from app.cli import main
from tests.app.buckets import PLACE, moto, s3
from tests.app.chains import NOW, chain, change, fill, rewrite, text

__all__ = ["moto", "s3"]

CHAIN = chain(12)
Command = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("DATABASE_URL", database_url)
    fill(database_url, CHAIN)
    return _run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    made = (tmp_path / "anchors").as_uri()
    monkeypatch.setenv("AUDIT_ANCHOR", made)
    return made


@pytest.fixture
def part(tmp_path: Path) -> Callable[[int, int], str]:
    """The name of a file with an export of a part of the chain."""

    def write(first: int, last: int) -> str:
        file = tmp_path / f"{first}-{last}.jsonl"
        file.write_text(text(CHAIN[first - 1 : last]), encoding="utf-8")
        return str(file)

    return write


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", *arguments])


def _note(place: str, *seqs: int) -> None:
    for seq in seqs:
        anchors.opened(place).write(Anchor(seq, CHAIN[seq - 1].hash, NOW))


def _said(result: Result) -> tuple[int, str]:
    """The exit code, and the code in the sentence."""
    return result.exit_code, result.output.rstrip(")\n").rpartition("(")[2] if result.exit_code else "holds"


@pytest.mark.parametrize(
    ("options", "seqs"),
    [
        ((), range(12, 0, -1)),
        (("--subject", "pull:1#2"), [12, 7, 2]),
        (("--kind", "kind_1"), [10, 7, 4, 1]),
        (("--actor", "mallory"), []),
        (("--since", (NOW + timedelta(seconds=11)).isoformat()), [12, 11]),
        (("--until", "2026-03-01T12:00:03"), [2, 1]),
        (("--since", "2026-03-01", "--until", "2026-03-02", "--limit", "2"), [12, 11]),
        (("--before", "3"), [2, 1]),
        (("--after", "10"), [11, 12]),
    ],
)
def test_it_lists_the_entries_that_fit(run: Command, options: tuple[str, ...], seqs: list[int]) -> None:
    shown = json.loads(run("list", *options, "--json").output)
    assert [entry["seq"] for entry in shown["entries"]] == list(seqs)
    lines = run("list", *options).output.splitlines()
    assert [int(line.split()[0]) for line in lines[:-1]] == list(seqs)


def test_a_line_says_when_what_who_about_what_and_the_rest(run: Command) -> None:
    assert run("list", "--limit", "1", "--before", "2").output.splitlines()[0].split() == [
        *("1", "2026-03-01T12:00:01.123+00:00", "kind_1", "mergegate", "pull:1#1"),
        *('{"":', "[null,", "true],", '"number":', "1,", '"said":', '"ja', "\u2014", '\u00fc\\u0001\U0001f600"}'),
    ]


def test_a_list_says_how_it_goes_on_and_that_it_proves_nothing(run: Command) -> None:
    ending = run("list", "--limit", "2").output.splitlines()[-1]
    assert ending.startswith("2 entries, and there are more: --before 11. What was chosen proves nothing of what")
    assert (
        run("list", "--after", "3", "--limit", "2")
        .output.splitlines()[-1]
        .startswith("2 entries, and there are more: --after 5.")
    )
    shown = json.loads(run("list", "--limit", "2", "--json").output)
    assert (shown["next"], shown["note"].startswith("What was chosen proves nothing")) == (11, True)


def test_what_is_shown_holds_no_control_character(run: Command) -> None:
    assert not {"\x01", "\x1b"} & set(run("list").output)


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+23:00", ""])
def test_a_moment_that_is_none_is_refused_in_a_sentence(run: Command, moment: str) -> None:
    result = run("list", "--since", moment)
    assert (result.exit_code, "A moment should be like" in result.output) == (2, True)


def test_an_export_is_the_chain_to_the_letter(run: Command) -> None:
    assert run("export").output == text(CHAIN)
    assert run("export", "--from", "5", "--to", "9").output == text(CHAIN[4:9])
    assert run("export", "--from", "12").output == text(CHAIN[11:])


@pytest.mark.parametrize("options", [("--from", "13"), ("--to", "13"), ("--from", "5", "--to", "4")])
def test_a_part_that_is_not_there_is_not_exported(run: Command, options: tuple[str, ...]) -> None:
    result = run("export", *options)
    assert (result.exit_code, result.output) == (1, "Error: There is no such part: the chain holds entries 1 to 12.\n")


def test_an_empty_chain_is_exported_as_nothing(run: Command, database_url: str) -> None:
    change(database_url, "DELETE FROM audit_events")
    assert (run("export").output, run("export").exit_code) == ("", 0)
    assert run("verify").output == f"The audit chain holds: 0 entries, newest hash {'00' * 32}.\n"


def test_a_part_of_the_chain_is_proven_with_the_hash_that_it_follows(
    run: Command, part: Callable[[int, int], str]
) -> None:
    before, head = CHAIN[4].hash.hex(), CHAIN[8].hash.hex()
    expected = (
        f"Entries 6 to 9 hold together: they follow the hash {before}, newest hash {head}."
        " Whether that is the hash of entry 5 is not proven by this.\n"
    )
    assert run("verify", "--from", "6", part(6, 9)).output == expected
    assert run("verify", "--from", "6", "--to", "9").output == expected
    tied = run("verify", "--from", "6", "--follows", before, part(6, 9)).output
    assert tied == f"Entries 6 to 9 hold together and follow the hash that was given, newest hash {head}.\n"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET at = 'infinity' WHERE seq = 3",
        "UPDATE audit_events SET at = 'infinity' WHERE seq = 12",
        "UPDATE audit_events SET at = '0044-03-15 BC' WHERE seq = 3",
        "UPDATE audit_events SET body = ('{\"n\": ' || repeat('9', 5000) || '}')::jsonb WHERE seq = 3",
        "UPDATE audit_events SET body = (repeat('[', 3000) || repeat(']', 3000))::jsonb WHERE seq = 3",
        "UPDATE audit_events SET body = '1' WHERE seq = 3",
    ],
)
def test_an_entry_that_cannot_be_read_is_a_broken_chain_and_no_traceback(
    run: Command, database_url: str, statement: str
) -> None:
    change(database_url, statement)
    assert _said(run("verify")) == (1, "AUDIT_CHAIN_BROKEN")


def test_exports_that_follow_one_another_are_one(run: Command, part: Callable[[int, int], str]) -> None:
    result = run("verify", part(1, 5), part(6, 12))
    assert result.output == f"The audit chain holds: 12 entries, newest hash {CHAIN[11].hash.hex()}.\n"
    assert "entry 6 is missing" in run("verify", part(1, 5), part(7, 12)).output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "It begins with entry 6: what should be before it, from entry 1 on, is missing."),
        (("--from", "6", "--follows", "ab" * 32), "entry 6 does not follow entry 5."),
        (("--from", "6", "--to", "10"), "It ends with entry 9, and should end with entry 10."),
        (("--from", "6", "--to", "8"), "It ends with entry 9, and should end with entry 8."),
    ],
)
def test_a_part_that_is_not_what_it_should_be_proves_nothing(
    run: Command, part: Callable[[int, int], str], options: tuple[str, ...], sentence: str
) -> None:
    result = run("verify", *options, part(6, 9))
    assert (result.exit_code, sentence in result.output) == (1, True)


def test_an_empty_export_proves_nothing(run: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    result = run("verify", str(tmp_path / "empty"))
    assert (result.exit_code, result.output) == (
        1,
        "Error: There is no entry in it, which proves nothing. (AUDIT_NO_ENTRY)\n",
    )
    assert run("verify", "--from", "13").exit_code == 1


def test_an_export_needs_no_database(part: Callable[[int, int], str], place: str) -> None:
    _note(place, 4)
    result = _run("verify", "--anchor", part(1, 12))
    assert result.output.splitlines()[1] == (
        "Anchors that agree: 1, the newest of entry 4, at 2026-03-01T12:00:00+00:00. Entries after that: 8."
    )


def test_it_anchors_by_hand(run: Command, place: str) -> None:
    assert run("anchor").output == f"Entry 12 is anchored now, with the hash {CHAIN[11].hash.hex()}.\n"
    assert run("anchor").output.startswith("Entry 12 was anchored at 20")
    assert (
        run("verify", "--anchor")
        .output.splitlines()[1]
        .startswith("Anchors that agree: 1, the newest of entry 12, at ")
    )


def test_an_anchor_of_an_empty_chain_is_none(run: Command, database_url: str, place: str) -> None:
    change(database_url, "DELETE FROM audit_events")
    assert run("anchor").output == "The audit chain is empty: there is nothing to anchor.\n"


def test_anchors_find_an_end_that_was_cut_off(
    run: Command, database_url: str, place: str, part: Callable[[int, int], str]
) -> None:
    _note(place, 3, 9)
    assert _said(run("verify", "--anchor")) == (0, "holds")
    change(database_url, "DELETE FROM audit_events WHERE seq > 8")
    assert run("verify").exit_code == 0
    assert _said(run("verify", "--anchor")) == (1, "AUDIT_CHAIN_CUT")
    assert _said(run("verify", "--anchor", part(1, 8))) == (1, "AUDIT_CHAIN_CUT")
    assert _said(run("verify", "--anchor", "--to", "8", part(1, 8))) == (0, "holds")
    assert _said(run("verify", "--anchor", part(1, 9))) == (0, "holds")
    assert _said(run("anchor")) == (1, "AUDIT_CHAIN_CUT")


def test_anchors_find_a_chain_that_was_written_anew(run: Command, database_url: str, place: str) -> None:
    _note(place, 3, 9)
    rewrite(database_url, [*CHAIN[:5], *chain(20, after=CHAIN[:5], actor="mallory")])
    assert run("verify").exit_code == 0
    assert _said(run("verify", "--anchor")) == (1, "AUDIT_CHAIN_REWRITTEN")
    assert _said(run("anchor")) == (1, "AUDIT_CHAIN_REWRITTEN")


def test_anchors_find_another_database(run: Command, database_url: str, place: str) -> None:
    _note(place, 3, 9)
    rewrite(database_url, chain(12, actor="other"))
    assert run("verify").exit_code == 0
    assert _said(run("verify", "--anchor")) == (1, "AUDIT_CHAIN_OF_ANOTHER")


def test_an_anchor_that_was_taken_away_is_missed(run: Command, place: str, tmp_path: Path) -> None:
    run("anchor")
    (tmp_path / "anchors").unlink()
    assert _said(run("verify", "--anchor")) == (1, "AUDIT_ANCHOR_GONE")
    _note(place, 12)
    assert _said(run("verify", "--anchor")) == (0, "holds")


def test_without_any_anchor_it_says_so(run: Command, place: str) -> None:
    assert _said(run("verify", "--anchor")) == (1, "AUDIT_NO_ANCHOR")
    _note(place, 12)
    assert _said(run("verify", "--anchor")) == (0, "holds")


def test_without_a_place_it_says_so(run: Command) -> None:
    for arguments in (("verify", "--anchor"), ("anchor",)):
        result = run(*arguments)
        assert (result.exit_code, "AUDIT_ANCHOR is not set" in result.output) == (1, True)


def test_a_place_that_cannot_be_used_is_a_sentence(run: Command, place: str, tmp_path: Path) -> None:
    (tmp_path / "anchors").mkdir()
    for arguments in (("verify", "--anchor"), ("anchor",)):
        result = run(*arguments)
        assert result.output == "Error: The file of the anchors can't be used: Is a directory.\n"
        assert result.exit_code == 1


@pytest.mark.parametrize("given", ["ab", "g" * 64, "AB" * 32])
def test_a_hash_that_is_none_is_refused(run: Command, given: str) -> None:
    result = run("verify", "--follows", given)
    assert (result.exit_code, "A hash should be 64" in result.output) == (2, True)


def test_it_reads_more_than_a_batch(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ledger.BATCH_ROWS", 5)
    assert run("verify").output.startswith("The audit chain holds: 12 entries")
    assert run("export").output == "".join(map(exports.line, CHAIN))


def test_a_bucket_is_a_place_as_well(run: Command, database_url: str, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_ANCHOR", PLACE)
    monkeypatch.setenv("AUDIT_ANCHOR_S3_ENDPOINT", s3)
    assert run("anchor").output.startswith("Entry 12 is anchored now")
    assert run("anchor").output.startswith("Entry 12 was anchored at 20")
    assert _said(run("verify", "--anchor")) == (0, "holds")
    change(database_url, "DELETE FROM audit_events WHERE seq > 8")
    assert _said(run("verify", "--anchor")) == (1, "AUDIT_CHAIN_CUT")
    monkeypatch.setenv("AUDIT_ANCHOR", "s3://no-such-bucket/x")
    assert run("anchor").output == "Error: The bucket of the anchors did not answer, or refused.\n"
