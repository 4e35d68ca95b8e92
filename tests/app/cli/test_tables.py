"""Tables of what came from outside: nothing in them is markup, an escape or another row."""

from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from app.cli.tables import Table, dense, drawn, lines

HOSTILE = "[red]a[/red]\x1b[2J\nb\u202ec :smile:"


def _shown(table: Table, width: int = 80) -> list[str]:
    console = Console(width=width, markup=False, emoji=False, highlight=False, file=StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(drawn(table))
    return [line.rstrip() for line in captured.get().splitlines()]


def _dense(table: Table, width: int = 80) -> list[str]:
    console = Console(width=width, markup=False, emoji=False, highlight=False, file=StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(dense(table))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_row_is_a_line_whatever_stands_in_it() -> None:
    assert lines(Table(("ID", "What"), [("1", HOSTILE), ("22", "x")])) == [
        "ID  What",
        "1   [red]a[/red] [2J bc :smile:",
        "22  x",
    ]


def test_columns_begin_at_one_place_also_with_wide_letters() -> None:
    assert lines(Table(("A", "B"), [("日本", "x"), ("abcde", "y")])) == ["A      B", "日本   x", "abcde  y"]


def test_on_a_terminal_the_last_column_breaks_and_the_others_do_not() -> None:
    shown = _shown(Table(("ID", "What"), [("12345678", "word " * 12), ("1", "first\nsecond")]), 40)
    assert [line[:10].strip() for line in shown] == ["ID", "12345678", "", "1", ""]
    assert [line[10:] for line in shown[-2:]] == ["first", "second"]


def test_on_a_terminal_text_is_text() -> None:
    assert _shown(Table(("ID", "What"), [("1", HOSTILE)])) == ["ID  What", "1   [red]a[/red] [2J", "    bc :smile:"]


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=200)), max_size=5))
def test_a_dense_row_is_one_line_of_the_terminal(rows: list[tuple[str, str]]) -> None:
    shown = _dense(Table(("ID", "What"), rows))
    assert len(shown) == 1 + len(rows)
    assert all(cell_len(line) <= 80 for line in shown)
