"""What strict mode asks of an approval beyond what policy-bot asks; it only ever takes away."""

from policies import history
from policies.candidates import SHORT_SHA_CHARACTERS, Candidate, Sifted
from policies.facts import Commit, PullSnapshot
from policies.options import Options


def sift(found: tuple[Candidate, ...], options: Options, snapshot: PullSnapshot) -> Sifted:
    """Those that nothing speaks against, and the others with the reason."""
    newest = history.considered(options, snapshot, "strict")[:1] if options.invalidate_on_push else ()
    verdicts = tuple((candidate, _objection(candidate, newest, snapshot)) for candidate in found)
    return (
        tuple(candidate for candidate, objection in verdicts if not objection),
        tuple(candidate.ignored(objection) for candidate, objection in verdicts if objection),
    )


def contributors(options: Options, snapshot: PullSnapshot) -> tuple[str, ...]:
    """Whoever wrote or committed any commit, on the branches that were merged in as well."""
    own = history.considered(options, snapshot, "strict")
    return history.contributors((*own, *history.merged_in(options, snapshot)))


def _objection(candidate: Candidate, newest: tuple[Commit, ...], snapshot: PullSnapshot) -> str:
    """Empty if there is none; `newest` holds the commit that an approval must have seen, if it must."""
    if _asked_for_changes(candidate, snapshot):
        return f"{candidate.login} asked for changes afterwards and can approve again"
    if any(not _has_seen(candidate, commit, snapshot) for commit in newest):
        short = newest[0].sha[:SHORT_SHA_CHARACTERS]
        return f"it does not show that {candidate.login} has seen commit {short}, on which they can approve again"
    return ""


def _asked_for_changes(candidate: Candidate, snapshot: PullSnapshot) -> bool:
    return any(
        review.author == candidate.login
        and review.state == "changes_requested"
        and review.created_at >= candidate.created_at
        for review in snapshot.reviews
    )


def _has_seen(candidate: Candidate, newest: Commit, snapshot: PullSnapshot) -> bool:
    """A review says on which commit it was given; anything else must be newer than the first sight of the head.

    What was there when the head was seen had been pushed, so that no other time has to be asked for.
    """
    shas = tuple(commit.sha for commit in history.chain(snapshot))
    if any(sha in candidate.shas for sha in shas[: shas.index(newest.sha) + 1]):
        return True
    seen_at = snapshot.head_seen_at if snapshot.knows("head_seen_at") else None
    return candidate.source != "review" and seen_at is not None and candidate.created_at > seen_at
