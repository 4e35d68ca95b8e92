"""A pull request as it would be with other reviews and comments, or with another base branch."""

from policies.actors import NOBODY, Actors
from policies.facts import Comment, Frozen, NotFetched, PullSnapshot, Review

ADDED = {"comments": "add_comments", "reviews": "add_reviews"}


class Simulation(Frozen):
    """What to leave out, then what to add; an empty `base_ref` leaves the base as it is.

    A commented review is a comment here, so only `ignore_comments` leaves it out.
    """

    ignore_comments: Actors = NOBODY
    ignore_reviews: Actors = NOBODY
    add_comments: tuple[Comment, ...] = ()
    add_reviews: tuple[Review, ...] = ()
    base_ref: str = ""


def simulate(simulation: Simulation, snapshot: PullSnapshot) -> PullSnapshot:
    """Raise `FactMissing` or `CannotJudge` where it cannot be told whom to leave out; what was not fetched stays so."""
    return snapshot.model_copy(
        update={
            **{name: _simulated(simulation, snapshot, name) for name in ADDED if _is_fetched(snapshot, name)},
            "base_ref": simulation.base_ref or snapshot.base_ref,
        }
    )


def users_to_look_up(simulation: Simulation, snapshot: PullSnapshot) -> tuple[str, ...]:
    """The logins whose permission, team or organization decides whether they are left out, sorted."""
    people = (
        entry.author
        for name in ADDED
        if _is_fetched(snapshot, name)
        for entry in snapshot.unread(name)
        if _ignored_by(entry, simulation).need_lookup(entry.author)
    )
    return tuple(sorted(dict.fromkeys(people)))


def _is_fetched(snapshot: PullSnapshot, name: str) -> bool:
    return not isinstance(snapshot.unread(name), NotFetched)


def _simulated(simulation: Simulation, snapshot: PullSnapshot, name: str) -> tuple[Comment | Review, ...]:
    kept = (entry for entry in snapshot.unread(name) if not _is_ignored(entry, simulation, snapshot))
    return (*kept, *getattr(simulation, ADDED[name]))


def _is_ignored(entry: Comment | Review, simulation: Simulation, snapshot: PullSnapshot) -> bool:
    return _ignored_by(entry, simulation).include(entry.author, snapshot)


def _ignored_by(entry: Comment | Review, simulation: Simulation) -> Actors:
    is_review = isinstance(entry, Review) and entry.state != "commented"
    return simulation.ignore_reviews if is_review else simulation.ignore_comments
