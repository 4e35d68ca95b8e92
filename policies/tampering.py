"""Notices remarks that counted and that somebody other than their author edited or deleted."""

from collections.abc import Iterator
from datetime import datetime

from policies import candidates, patterns, rules
from policies.actors import NOBODY, Actors
from policies.candidates import NOUNS, Candidate, ReviewState
from policies.error import CannotJudge
from policies.facts import NOT_FETCHED, Alteration, Comment, FactMissing, Frozen, PullSnapshot, Review, fetched
from policies.mode import COMPAT, Manner
from policies.options import Methods
from policies.policy import Disapproval, Policy, Rule
from policies.result import Result

NAME = "tampering"
REMARKS = ("comments", "reviews")


class Place(Frozen):
    """Where remarks count, and whose: for a rule, or for either side of the disapproval."""

    methods: Methods
    state: ReviewState = "approved"
    rule: Rule | None = None
    people: Actors = NOBODY

    def counts(self, login: str, snapshot: PullSnapshot) -> bool:
        """Whether it does in policy-bot: whom strict mode bars besides is no reason to overlook an alteration there.

        Raise `FactMissing` or `CannotJudge` where it cannot be told.
        """
        if self.rule is None:
            return self.people.include(login, snapshot)
        return not rules.objection(login, self.rule, rules.barred(self.rule, snapshot, COMPAT), snapshot)


def evaluate(policy: Policy, snapshot: PullSnapshot, manner: Manner) -> Result | None:
    """`None` where nothing has happened; never raises: what cannot be judged is an `error`."""
    if not (snapshot.alterations or any(_is_suspect(*edit, manner) for edit in _edits(snapshot))):
        return None
    try:
        found = tuple(sentence for place in _places(policy) for sentence in _sentences(place, snapshot, manner))
    except FactMissing as missing:
        return Result(name=NAME, kind="tampering", status="error", error=str(missing), missing_fact=missing.name)
    except CannotJudge as problem:
        return Result(name=NAME, kind="tampering", status="error", error=str(problem))
    description = "; ".join(dict.fromkeys(found))
    return Result(name=NAME, kind="tampering", status="disapproved", description=description) if found else None


def _edits(snapshot: PullSnapshot) -> list[tuple[str, object, object]]:
    """(author, when, by whom) of the last edit of each remark, as far as it was fetched."""
    remarks = [remark for name in REMARKS if snapshot.knows(name) for remark in snapshot.unread(name)]
    edits = [(remark.author, remark.unread("edited_at"), remark.unread("edited_by")) for remark in remarks]
    if snapshot.knows("body"):
        edits.append((snapshot.author, snapshot.unread("body_edited_at"), snapshot.unread("body_edited_by")))
    return edits


def _is_suspect(author: str, edited_at: object, edited_by: object, manner: Manner) -> bool:
    """Whether somebody else has edited it; strictly, that has to be known."""
    if isinstance(edited_by, str):
        return edited_by != author
    return edited_at is not None and manner.is_strict


def _places(policy: Policy) -> tuple[Place, ...]:
    counting = (rule for rule in policy.used_rules() if rule.count > 0)
    return (*(Place(methods=rule.options.methods, rule=rule) for rule in counting), *_sides(policy.disapproval))


def _sides(disapproval: Disapproval) -> tuple[Place, ...]:
    people = disapproval.disapprovers
    if people.is_empty:
        return ()
    against = Place(methods=disapproval.disapprove, state="changes_requested", people=people)
    return (against, Place(methods=disapproval.revoke, people=people))


def _sentences(place: Place, snapshot: PullSnapshot, manner: Manner) -> Iterator[str]:
    for entry in _edited_entries(place, snapshot, manner):
        if place.counts(entry.login, snapshot):
            yield _sentence(_editor(entry), "edited", entry.login, NOUNS[entry.source])
    for alteration in snapshot.alterations:
        is_open = _has_counted(alteration, place.methods) and not _has_spoken_since(alteration, snapshot)
        if is_open and place.counts(alteration.author, snapshot):
            yield _sentence(alteration.by, alteration.what, alteration.author, NOUNS["comment"])


def _edited_entries(place: Place, snapshot: PullSnapshot, manner: Manner) -> tuple[Candidate, ...]:
    """What counts here in the words of somebody else, unless its author has said the like since."""
    entries = candidates.entries(place.methods, snapshot, place.state, manner=manner)
    edits = tuple((entry.edited_at, entry.edited_by) for entry in entries)
    suspect = tuple(_is_suspect(entry.login, *edit, manner) for entry, edit in zip(entries, edits, strict=True))
    sound = tuple(entry for entry, doubtful in zip(entries, suspect, strict=True) if not doubtful)
    return tuple(
        entry
        for entry, doubtful in zip(entries, suspect, strict=True)
        if doubtful and not any(_is_said_again(entry, later) for later in sound)
    )


def _is_said_again(entry: Candidate, later: Candidate) -> bool:
    edited_at = entry.edited_at
    return later.login == entry.login and isinstance(edited_at, datetime) and later.created_at > edited_at


def _editor(entry: Candidate) -> str:
    """Raise `FactMissing` where nobody asked for the editor, `CannotJudge` where GitHub doesn't know any more."""
    editor: str | None = fetched("edited_by", entry.edited_by)
    if editor is None:
        raise CannotJudge(
            f"GitHub no longer knows who edited {entry.login}'s {NOUNS[entry.source]}; {entry.login} can say it again"
        )
    return editor


def _has_counted(alteration: Alteration, methods: Methods) -> bool:
    in_reviews = patterns.matches_any(methods.github_review_comment_patterns, alteration.was)
    return alteration.by != alteration.author and (in_reviews or candidates.says(methods, alteration.was))


def _has_spoken_since(alteration: Alteration, snapshot: PullSnapshot) -> bool:
    """Any later word of the author will do, a correction of an old remark too: what was altered no longer counts."""
    remarks: tuple[Comment | Review, ...] = (*snapshot.comments, *snapshot.reviews)
    own = (remark for remark in remarks if remark.author == alteration.author)
    return any(
        _spoken_at(remark) > alteration.altered_at
        for remark in own
        if remark.unread("edited_by") in (None, remark.author, NOT_FETCHED)
    )


def _spoken_at(remark: Comment | Review) -> datetime:
    edited_at: object = remark.unread("edited_at")
    is_own = remark.unread("edited_by") == remark.author
    return edited_at if isinstance(edited_at, datetime) and is_own else remark.created_at


def _sentence(by: str, what: str, author: str, noun: str) -> str:
    return f"{by} {what} {author}'s {noun}, which counted here: {author} has to say it again"
