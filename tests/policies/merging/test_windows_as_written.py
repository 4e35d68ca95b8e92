"""Freeze windows as a file writes them: what is not understood is refused with its place."""

import pytest

from policies.error import PolicyError
from policies.merging import document
from policies.server_options import BUILT_IN


def refused(text: str) -> list[tuple[int | None, str, str]]:
    _, problems = document.read(text, BUILT_IN)
    return [(wrong.line, wrong.problem, wrong.hint) for wrong in problems.mistakes()]


@pytest.mark.parametrize(
    ("text", "line", "problem", "hint"),
    [
        (
            "merge: {freezes: [{days: [mon]}]}",
            1,
            "a freeze window needs a reason, which whoever waits is told",
            "",
        ),
        (
            "merge: {freezes: [{reason: ' ', days: [mon]}]}",
            1,
            "a freeze window needs a reason, which whoever waits is told",
            "",
        ),
        (
            "merge: {freezes: [{reason: a, days: [mon], zone: Europe/Bonn}]}",
            1,
            "there is no time zone 'Europe/Bonn'",
            "name one as IANA does, such as `Europe/Berlin`",
        ),
        ("merge: {freezes: [{reason: a, days: [monday]}]}", 1, "'monday' is no day", "did you mean `mon`?"),
        (
            "merge: {freezes: [{reason: a, days: [x]}]}",
            1,
            "'x' is no day",
            "one of mon, tue, wed, thu, fri, sat, sun",
        ),
        (
            "merge: {freezes: [{reason: a, days: [mon], to_time: '24:01'}]}",
            1,
            "'24:01' is no time of day",
            "write it as `18:30`, at most `24:00`",
        ),
        (
            "merge: {freezes: [{reason: a, start: 2026-12-24}]}",
            1,
            "'2026-12-24' is no date with a time",
            "write it as `2026-12-24T18:00`, local to `zone`",
        ),
        (
            "merge: {freezes: [{reason: a, days: [mon], start: 2026-12-24T18:00}]}",
            1,
            "a freeze window is weekly (`days`) or once (`start` and `end`), not both",
            "",
        ),
        (
            "merge: {freezes: [{reason: a, from_time: '10:00', labels: [b]}]}",
            1,
            "`from_time` and `to_time` need `days`",
            "",
        ),
        ("merge: {freezes: [{reason: a}]}", 1, "a freeze window needs `days`, or `start` and `end`, or `labels`", ""),
        (
            "merge: {freezes: [{reason: a, days: []}]}",
            1,
            "a freeze window needs `days`, or `start` and `end`, or `labels`",
            "",
        ),
        ("merge: {freezes: [{reason: a, end: 2026-12-24T18:00}]}", 1, "an `end` needs a `start`", ""),
        (
            "merge: {freezes: [{reason: a, days: [mon], from_time: '08:00', to_time: '08:00'}]}",
            1,
            "`from_time` and `to_time` are the same",
            "leave both out for the whole day",
        ),
        (
            "merge: {freezes: [{reason: a, start: 2026-12-24T18:00, end: 2026-12-24T18:00}]}",
            1,
            "`end` should be after `start`",
            "",
        ),
    ],
)
def test_a_window_that_is_not_understood_is_refused(text: str, line: int, problem: str, hint: str) -> None:
    assert refused(text)[0] == (line, problem, hint)
    with pytest.raises(PolicyError):
        document.parse(text, BUILT_IN)


def test_it_takes_no_endless_list_of_windows() -> None:
    windows = ", ".join(["{reason: a, days: [mon]}"] * 51)
    assert refused(f"merge: {{freezes: [{windows}]}}") == [(1, "there are more than 50 freeze windows", "")]
