"""Whose comment or review could count, before anybody asks who they are."""

from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from policies import history, patterns
from policies.facts import Comment, PullSnapshot, Review, fetched
from policies.mode import COMPAT, Manner
from policies.options import Methods, Options
from policies.remembered import remembered
from policies.result import Approver, Ignored

Source = Literal["comment", "review", "body"]
ReviewState = Literal["approved", "changes_requested"]
NOUNS: dict[Source, str] = {"comment": "comment", "review": "review", "body": "description"}

SPOILT_BY_EDIT = "Comment was edited"
SHORT_SHA_CHARACTERS = 7


class Candidate(NamedTuple):
    """An entry that matches a method; `shas`: the heads on which its author gave such a review.

    `edited_at` and `edited_by` may be `NOT_FETCHED`.
    """

    login: str
    source: Source
    review_id: str | None
    created_at: datetime
    edited_at: Any
    edited_by: Any
    shas: tuple[str, ...] = ()

    @property
    def approver(self) -> Approver:
        return Approver(self.login, self.source, self.review_id, self.created_at)

    def ignored(self, reason: str, spoilt_by: str = "") -> Ignored:
        sentence = f"{self.login}'s {NOUNS[self.source]} does not count: {reason}"
        return Ignored(login=self.login, reason=sentence, review_id=self.review_id, spoilt_by=spoilt_by)


Sifted = tuple[tuple[Candidate, ...], tuple[Ignored, ...]]


def collect(
    methods: Methods, snapshot: PullSnapshot, state: ReviewState = "approved", *, manner: Manner = COMPAT
) -> tuple[Candidate, ...]:
    """One candidate per user, the newest (the first found on a tie), in order of creation."""
    return _collected(snapshot, methods, state, forgives_head=manner.forgives_head)


def entries(
    methods: Methods, snapshot: PullSnapshot, state: ReviewState, *, manner: Manner = COMPAT
) -> tuple[Candidate, ...]:
    """Everything that matches.

    Comments, reviews and commits come from GitHub together, so none of them counts unless all were fetched.
    """
    return _entries(methods, snapshot, state, forgives_head=manner.forgives_head)


def sift(candidates: tuple[Candidate, ...], options: Options, snapshot: PullSnapshot) -> Sifted:
    """Those that neither an edit nor a push has spoilt, and the others with the reason."""
    kept, edited = _without_edited(candidates, options)
    kept, stale = _without_stale(kept, options, snapshot)
    return kept, (*edited, *stale)


def says(methods: Methods, text: str) -> bool:
    """Whether a comment with this text counts."""
    for entry in methods.comments:
        if entry in text:
            return True
    return patterns.matches_any(methods.comment_patterns, text)


@remembered
def _collected(
    snapshot: PullSnapshot, methods: Methods, state: ReviewState, *, forgives_head: bool
) -> tuple[Candidate, ...]:
    newest: dict[str, Candidate] = {}
    for candidate in _entries(methods, snapshot, state, forgives_head=forgives_head):
        before = newest.get(candidate.login)
        newest[candidate.login] = candidate if before is None else _newer(before, candidate)
    return tuple(sorted(newest.values(), key=attrgetter("created_at")))


def _newer(before: Candidate, candidate: Candidate) -> Candidate:
    newest = before if candidate.created_at <= before.created_at else candidate
    shas = (*before.shas, *candidate.shas)
    return newest if shas == newest.shas else newest._replace(shas=shas)


def _entries(
    methods: Methods, snapshot: PullSnapshot, state: ReviewState, *, forgives_head: bool
) -> tuple[Candidate, ...]:
    if not methods.read_talk:
        return _body(methods, snapshot)
    comments, reviews = _said(methods, snapshot, state, forgives_head=forgives_head)
    return (*comments, *_body(methods, snapshot), *reviews)


def _said(
    methods: Methods, snapshot: PullSnapshot, state: ReviewState, *, forgives_head: bool
) -> tuple[list[Candidate], list[Candidate]]:
    """In comments and the like, and in reviews."""
    if not forgives_head:
        history.check_head(snapshot)
    comments, reviews = snapshot.comments, snapshot.reviews
    remarks: list[Comment | Review] = [*comments, *[review for review in reviews if review.state == "commented"]]
    deciding = [review for review in reviews if review.state == state]
    return (
        [_candidate(remark, "comment") for remark in remarks if says(methods, remark.body)],
        [_candidate(review, "review") for review in deciding if _reviews(methods, review.body)],
    )


def _reviews(methods: Methods, text: str) -> bool:
    wanted = methods.github_review_comment_patterns
    return patterns.matches_any(wanted, text) if wanted else methods.github_review


def _body(methods: Methods, snapshot: PullSnapshot) -> tuple[Candidate, ...]:
    if not (methods.body_patterns and patterns.matches_any(methods.body_patterns, snapshot.body or "")):
        return ()
    found = Candidate(
        login=snapshot.author,
        source="body",
        review_id=None,
        created_at=snapshot.created_at,
        edited_at=snapshot.unread("body_edited_at"),
        edited_by=snapshot.unread("body_edited_by"),
    )
    return (found,)


def _candidate(entry: Comment | Review, source: Source) -> Candidate:
    review = entry if isinstance(entry, Review) else None
    review_id = review.id if review and source == "review" else None
    return Candidate(
        login=entry.author,
        source=source,
        review_id=review_id,
        created_at=entry.created_at,
        edited_at=entry.unread("edited_at"),
        edited_by=entry.unread("edited_by"),
        shas=(review.sha,) if review and review.sha else (),
    )


def _without_edited(candidates: tuple[Candidate, ...], options: Options) -> Sifted:
    if not options.ignore_edited_comments:
        return candidates, ()
    verdicts = tuple((candidate, fetched("edited_at", candidate.edited_at)) for candidate in candidates)
    kept = tuple(candidate for candidate, edited_at in verdicts if edited_at is None)
    dropped = tuple(candidate for candidate, edited_at in verdicts if edited_at is not None)
    return kept, tuple(candidate.ignored("it was edited", SPOILT_BY_EDIT) for candidate in dropped)


def _without_stale(candidates: tuple[Candidate, ...], options: Options, snapshot: PullSnapshot) -> Sifted:
    """A candidate must be strictly newer than the push of the newest considered commit."""
    considered = history.considered(options, snapshot) if options.invalidate_on_push else ()
    if not considered:
        return candidates, ()
    spoilt_by = f"Invalidated by push of {considered[0].sha[:SHORT_SHA_CHARACTERS]}"
    pushed_at = history.push_time(considered[0], snapshot)
    kept = tuple([candidate for candidate in candidates if candidate.created_at > pushed_at])
    dropped = [candidate for candidate in candidates if candidate.created_at <= pushed_at]
    return kept, tuple([candidate.ignored("it was given before the newest push", spoilt_by) for candidate in dropped])
