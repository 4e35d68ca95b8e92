"""Pull requests as they would be."""

from typing import Any

import pytest

from policies.actors import Actors
from policies.facts import NOT_FETCHED, FactMissing
from policies.simulation import Simulation, simulate, users_to_look_up


def test_it_changes_nothing_unless_told(pull: Any, says: Any, approves: Any) -> None:
    snapshot = pull(comments=(says("bob"),), reviews=(approves("cid"),))
    assert simulate(Simulation(), snapshot) == snapshot


def test_it_leaves_out_then_adds(pull: Any, says: Any, approves: Any) -> None:
    snapshot = pull(comments=(says("bob"), says("cid")), reviews=(approves("bob"), approves("cid")))
    simulation = Simulation(
        ignore_comments=Actors(users=("bob",)),
        ignore_reviews=Actors(users=("cid",)),
        add_comments=(says("bob", "again"),),
        add_reviews=(approves("cid", 30),),
        base_ref="release",
    )
    result = simulate(simulation, snapshot)
    assert result.comments == (says("cid"), says("bob", "again"))
    assert result.reviews == (approves("bob"), approves("cid", 30))
    assert (result.base_ref, snapshot.base_ref) == ("release", "main")


def test_it_takes_a_commented_review_for_a_comment(pull: Any, approves: Any) -> None:
    remark = approves("bob", state="commented")
    snapshot = pull(reviews=(remark,))
    bob = Actors(users=("bob",))
    assert simulate(Simulation(ignore_reviews=bob), snapshot).reviews == (remark,)
    assert simulate(Simulation(ignore_comments=bob), snapshot).reviews == ()


def test_it_adds_nothing_to_what_nobody_knows(pull: Any, says: Any) -> None:
    snapshot = pull(comments=NOT_FETCHED)
    simulation = Simulation(add_comments=(says("bob"),), ignore_comments=Actors(teams=("acme/core",)))
    assert simulate(simulation, snapshot) == snapshot
    assert users_to_look_up(simulation, snapshot) == ()


def test_it_names_whom_to_look_up(pull: Any, says: Any, approves: Any) -> None:
    snapshot = pull(comments=(says("zoe"), says("bob"), says("zoe")), reviews=(approves("cid"),))
    simulation = Simulation(ignore_comments=Actors(users=("bob",), teams=("acme/core",)))
    assert users_to_look_up(simulation, snapshot) == ("zoe",)
    known = snapshot.model_copy(update={"team_members": (("acme/core", "zoe", True),)})
    assert simulate(simulation, known).comments == ()
    with pytest.raises(FactMissing, match="team:acme/core:zoe"):
        simulate(simulation, snapshot)
