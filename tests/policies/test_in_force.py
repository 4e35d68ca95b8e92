"""What counts: never more than the environment allows, never more of one repository than of all, nothing unread."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import in_force
from policies.catalogue import OF_ALL, OF_REPOSITORY, Everywhere, Freeze, Handed, OfRepository, meaning
from policies.contents import SWITCHES
from policies.in_force import Ceiling, General, InForce, Level
from policies.standing import Required

NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)
NAMES = ("acme/widget", "acme/gadget", "other/tool")
RANK: dict[Required, set[str]] = {"none": set(), "run": {"run"}, "write": {"write"}, "both": {"run", "write"}}
OPEN = Ceiling(
    live=True,
    repositories=NAMES[:2],
    merge_repositories=NAMES[:1],
    kinds=("status", "label_add"),
    approvals="run",
    approval_seconds=3_600,
    evaluations_per_minute=120,
    reevaluations_per_minute=30,
)

names = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)
kinds = st.lists(st.sampled_from(SWITCHES[:4]), unique=True).map(tuple)
required = st.sampled_from(get_args(Required))
bools = st.none() | st.booleans()
freezes = st.none() | st.builds(
    Freeze, reason=st.just("x"), until=st.none() | st.integers(-2, 2).map(lambda hours: NOW + timedelta(hours=hours))
)
own_values: dict[str, Any] = {
    "writes": bools,
    "kinds": st.none() | kinds,
    "approvals": st.none() | required,
    "approval_seconds": st.none() | st.integers(60, 9_000),
    "freeze": freezes,
    "safe_mode": bools,
    "dry_run": bools,
}
ceilings = st.builds(
    Ceiling,
    live=st.booleans(),
    repositories=names,
    merge_repositories=names,
    kinds=kinds,
    denied=st.just(()),
    approvals=required,
    approval_seconds=st.integers(60, 9_000),
    evaluations_per_minute=st.integers(1, 200),
    reevaluations_per_minute=st.integers(1, 200),
)
troubles = st.sampled_from([None, None, None, "it is not understood"])
generals = st.builds(
    General,
    trouble=troubles,
    values=st.builds(
        Everywhere,
        **own_values,
        repositories=st.none() | names,
        merge_repositories=st.none() | names,
        evaluations_per_minute=st.none() | st.integers(1, 200),
        reevaluations_per_minute=st.none() | st.integers(1, 200),
    ),
)
levels = st.builds(Level, trouble=troubles, values=st.builds(OfRepository, **own_values))


def is_no_more(narrow: InForce, wide: InForce) -> bool:
    """Whether the first allows nothing that the second does not."""
    return (
        narrow.live <= wide.live
        and set(narrow.repositories) <= set(wide.repositories)
        and set(narrow.merge_repositories) <= set(wide.merge_repositories)
        and set(narrow.kinds) <= set(wide.kinds)
        and RANK[narrow.approvals] >= RANK[wide.approvals]
        and narrow.approval_seconds <= wide.approval_seconds
        and narrow.evaluations_per_minute <= wide.evaluations_per_minute
        and narrow.reevaluations_per_minute <= wide.reevaluations_per_minute
        and narrow.safe_mode >= wide.safe_mode
        and (narrow.frozen_at(NOW) is not None) >= (wide.frozen_at(NOW) is not None)
        and (narrow.dry_run is True) >= (wide.dry_run is True)
    )


def said(values: dict[str, Any], own: dict[str, Any] | None = None, ceiling: Ceiling = OPEN) -> InForce:
    return in_force.decide(ceiling, General(values=Everywhere(**values)), Level(values=OfRepository(**(own or {}))))


@given(ceilings, generals, levels)
def test_nothing_counts_beyond_what_the_environment_allows(ceiling: Ceiling, general: General, own: Level) -> None:
    assert is_no_more(in_force.decide(ceiling, general, own), in_force.decide(ceiling, General(), Level()))


@given(ceilings, generals, levels)
def test_each_switch_and_list_is_the_narrowest_of_all_that_is_said(
    ceiling: Ceiling, general: General, own: Level
) -> None:
    counts, (everywhere, here) = in_force.decide(ceiling, general, own), (general.values, own.values)
    if general.trouble or own.trouble:
        return
    assert counts.live == (ceiling.live and everywhere.writes is not False and here.writes is not False)
    named = [set(each) for each in (everywhere.kinds, here.kinds) if each is not None]
    assert set(counts.kinds) == set(ceiling.kinds).intersection(*named)


@given(ceilings, generals, levels, st.sets(st.sampled_from(get_args(Handed))))
def test_what_is_said_of_one_allows_nothing_that_is_not_allowed_to_all(
    ceiling: Ceiling, general: General, own: Level, handed: set[Handed]
) -> None:
    left = ceiling.model_copy(update={"handed": tuple(sorted(handed))})
    assert is_no_more(in_force.decide(left, general, own), in_force.decide(left, general, Level()))


@given(ceilings, generals, st.sets(st.sampled_from(get_args(Handed))))
def test_only_what_is_handed_over_goes_beyond_the_environment(
    ceiling: Ceiling, general: General, handed: set[Handed]
) -> None:
    left = ceiling.model_copy(update={"handed": tuple(sorted(handed))})
    counts, kept = in_force.decide(left, general, Level()), in_force.decide(ceiling, general, Level())
    for name in InForce.model_fields:
        if name not in {*handed, "handed", "withheld"}:
            assert getattr(counts, name) == getattr(kept, name)


@given(ceilings, levels)
def test_what_cannot_be_read_allows_no_write_and_no_merge(ceiling: Ceiling, own: Level) -> None:
    counts = in_force.decide(ceiling, General(trouble="it is not understood"), own)
    assert (counts.live, counts.kinds, counts.approvals) == (False, (), "both")
    assert (counts.safe_mode, counts.dry_run, counts.writes_off) == (True, True, "it is not understood")


def test_where_nothing_is_said_the_environment_counts() -> None:
    counts = said({})
    assert counts.live
    assert (counts.repositories, counts.merge_repositories, counts.kinds) == (NAMES[:2], NAMES[:1], OPEN.kinds)
    assert (counts.approvals, counts.approval_seconds) == ("run", 3_600)
    assert (counts.freeze, counts.safe_mode, counts.dry_run, counts.withheld) == (None, False, None, ())


def test_lists_are_what_both_have_in_common() -> None:
    counts = said({"repositories": ("ACME/Gadget", "other/tool"), "kinds": ("label_add", "check_run")})
    assert (counts.repositories, counts.kinds) == (("acme/gadget",), ("label_add",))
    assert counts.withheld == ("acme/widget", "status")
    assert (counts.writes_to("Acme/GADGET"), counts.writes_to("acme/widget")) == (True, False)


def test_what_is_handed_over_is_as_it_is_said_less_what_is_denied() -> None:
    left = OPEN.model_copy(update={"handed": ("repositories", "kinds", "approvals"), "denied": ("status",)})
    counts = said({"repositories": ("other/tool",), "kinds": ("status", "check_run"), "approvals": "none"}, None, left)
    assert (counts.repositories, counts.kinds, counts.approvals) == (("other/tool",), ("check_run",), "none")
    assert said({}, None, left).repositories == NAMES[:2]


@pytest.mark.parametrize(
    ("general", "own", "counts"),
    [
        (None, None, "run"),
        ("none", "none", "run"),
        ("write", None, "both"),
        (None, "write", "both"),
        ("both", "none", "both"),
    ],
)
def test_approvals_are_those_that_satisfy_all(general: Required | None, own: Required | None, counts: str) -> None:
    assert said({"approvals": general}, {"approvals": own}).approvals == counts


def test_it_says_who_switched_writing_off_and_why() -> None:
    off = Level(values=OfRepository(writes=False), because={"writes": "an audit (olga)"})
    counts = in_force.decide(OPEN, General(), off)
    assert (counts.live, counts.writes_off) == (
        False,
        "Writing is switched off in this repository: an audit (olga).",
    )
    assert in_force.decide(OPEN.model_copy(update={"live": False}), General(), off).writes_off is None


def test_every_setting_says_what_it_is_for() -> None:
    assert set(OF_REPOSITORY) < set(OF_ALL)
    assert all(meaning(name).endswith(".") for name in OF_ALL)
    assert set(get_args(Handed)) <= set(OF_ALL)


def test_a_freeze_says_who_froze() -> None:
    level = General(values=Everywhere(freeze=Freeze(reason="a release")), because={"freeze": "olga: calm"})
    frozen = in_force.decide(OPEN, level, Level()).frozen_at(NOW)
    assert frozen is not None
    assert frozen.reason == "a release (olga: calm)"


def test_merges_are_made_in_the_repositories_that_are_named() -> None:
    counts = said({})
    assert counts.merges_in("ACME/Widget")
    assert not counts.merges_in("acme/gadget")


def test_one_repository_is_stopped_alone() -> None:
    assert said({}, {"safe_mode": True}).safe_mode
    assert said({"dry_run": False}, {"dry_run": True}).dry_run is True
    unreadable = in_force.decide(OPEN, General(), Level(trouble="it is not understood"))
    assert (unreadable.live, unreadable.kinds, unreadable.safe_mode) == (False, (), True)


def test_a_freeze_is_over_at_its_end() -> None:
    assert said({"freeze": Freeze(reason="x", until=NOW)}).frozen_at(NOW) is None
