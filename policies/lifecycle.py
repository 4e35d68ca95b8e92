"""The lifecycle of an issue: its states, the steps between them, and which step comes next. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from policies.decision import Blocker
from policies.facts import Frozen, Moment, Text

State = Literal["CREATED", "SPEC_READY", "IMPLEMENTING_PREP", "REVIEW_READY", "DONE", "VERIFIED", "HOLD"]
Step = Literal[
    "S1_PICK_ISSUE",
    "S2_SPEC_READY",
    "S3_IMPLEMENT_PREP",
    "S4_REVIEW",
    "S5_MERGE",
    "S6_DEPLOYMENT_OBSERVE",
    "S7_VERIFY_GATE",
]
Draft = Literal["missing", "uncommitted", "committed"]

UNKNOWN_STATE, INVARIANT_VIOLATION, LOCKED = "UNKNOWN_STATE", "INVARIANT_VIOLATION", "LOCKED"
AMBIGUOUS_LINK = "AMBIGUOUS_LINK"
CLOCKS_DIFFER_SECONDS = 300
"""Evidence may be so much younger than now."""


class Way(NamedTuple):
    """The state that a step needs, and the one that it leads to; no transition where they are the same."""

    before: State
    after: State


WAYS: MappingProxyType[Step, Way] = MappingProxyType(
    {
        "S1_PICK_ISSUE": Way("CREATED", "CREATED"),
        "S2_SPEC_READY": Way("CREATED", "SPEC_READY"),
        "S3_IMPLEMENT_PREP": Way("SPEC_READY", "IMPLEMENTING_PREP"),
        "S4_REVIEW": Way("IMPLEMENTING_PREP", "REVIEW_READY"),
        "S5_MERGE": Way("REVIEW_READY", "DONE"),
        "S6_DEPLOYMENT_OBSERVE": Way("DONE", "DONE"),
        "S7_VERIFY_GATE": Way("DONE", "VERIFIED"),
    }
)
STATES: tuple[State, ...] = (
    "CREATED",
    "SPEC_READY",
    "IMPLEMENTING_PREP",
    "REVIEW_READY",
    "DONE",
    "VERIFIED",
    "HOLD",
)
TERMINAL: tuple[State, ...] = ("VERIFIED", "HOLD")
TRANSITIONS: frozenset[tuple[str, str]] = frozenset(
    {(way.before, way.after) for way in WAYS.values() if way.before != way.after}
    | {(state, "HOLD") for state in STATES if state not in TERMINAL}
)


class Evidence(Frozen):
    """The newest verification of one kind: its verdict, the commit it is about, and when it was found."""

    kind: Text
    verdict: Literal["PASS", "FAIL"]
    sha: str | None
    at: Moment


class Facts(Frozen):
    """What is known of an issue, at a moment. The default is that nothing is.

    `picked`: S1 has ended well. `candidates`: pull requests that may be meant where none is linked. `review_requested`:
    there is a `loop_review_requested`. `deployments`: the authentic ones that were observed. `evidence`: the newest of
    each kind. `evidence_seconds`: how old that may be.
    """

    now: Moment
    evidence_seconds: int
    github_link: bool = False
    pull_link: bool = False
    candidates: int = 0
    picked: bool = False
    draft: Draft = "missing"
    is_valid: bool | None = None
    review_requested: bool = False
    merge_sha: str | None = None
    deployments: int = 0
    evidence: tuple[Evidence, ...] = ()


def is_legal(before: str, after: str) -> bool:
    """Whether an issue may go from one state to another."""
    return (before, after) in TRANSITIONS


def next_step(state: str, facts: Facts) -> Step | Blocker:
    """The step that comes next, or what is in its way."""
    step = step_of(state, facts)
    return step if isinstance(step, Blocker) else refusal(step, state, facts) or step


def step_of(state: str, facts: Facts) -> Step | Blocker:
    """The step that comes next in a state, whether or not it can be done now; a blocker where none does."""
    if state == "CREATED":
        return "S2_SPEC_READY" if facts.picked else "S1_PICK_ISSUE"
    if state == "DONE":
        return "S7_VERIFY_GATE" if facts.deployments else "S6_DEPLOYMENT_OBSERVE"
    following: dict[str, Step] = {way.before: step for step, way in WAYS.items()}
    if state in following:
        return following[state]
    if state in TERMINAL:
        return _blocker(INVARIANT_VIOLATION, f"The issue is in {state}, where it ends; no step follows.", "state")
    return unknown(state)


def refusal(step: Step, state: str, facts: Facts) -> Blocker | None:
    """Why a step can't be done now, as far as that can be told without GitHub; the first reason."""
    if state not in STATES:
        return unknown(state)
    needed = WAYS[step].before
    if state != needed:
        comes = step_of(state, facts)
        then = "where it ends" if isinstance(comes, Blocker) else f"where {comes} comes next"
        sentence = f"{step} needs an issue in {needed}, and this one is in {state}, {then}."
        return _blocker(INVARIANT_VIOLATION, sentence, "state")
    return next(_reasons(step, facts), None)


def unknown(state: str) -> Blocker:
    """The blocker of a state that this version does not know."""
    return _blocker(UNKNOWN_STATE, "The issue is in a state that this version of the gate does not know.", "state")


def locked(step: Step) -> Blocker:
    """The blocker while another run of the issue is under way."""
    return _blocker(LOCKED, f"A run of {step} is under way for this issue; ask again when it has ended.", "run")


def _reasons(step: Step, facts: Facts) -> Iterator[Blocker]:
    if step in ("S1_PICK_ISSUE", "S4_REVIEW") and not facts.github_link:
        yield _blocker("NO_GITHUB_LINK", "The issue has no link to an issue at GitHub; set githubUrl.", "githubUrl")
    if step == "S2_SPEC_READY":
        yield from _draft(facts)
    if step == "S5_MERGE" and not facts.review_requested:
        sentence = "Nobody has requested the review of this issue (S4_REVIEW), so it can't be merged."
        yield _blocker(INVARIANT_VIOLATION, sentence, "review")
    if step in ("S4_REVIEW", "S5_MERGE", "S6_DEPLOYMENT_OBSERVE") and not facts.pull_link:
        yield no_pull(facts.candidates)
    if step == "S6_DEPLOYMENT_OBSERVE" and facts.merge_sha is None:
        yield _blocker("PR_NOT_MERGED", "The commit that the pull request was merged as is not known.", "mergeSha")
    if step == "S7_VERIFY_GATE":
        yield from _verification(facts)


def no_pull(candidates: int) -> Blocker:
    """The blocker of an issue without its pull request; `AMBIGUOUS_LINK` its subject where several may be meant."""
    if candidates > 1:
        sentence = f"{candidates} pull requests may be meant and none is linked; set prUrl to the right one."
        return _blocker("NO_PR_LINKED", sentence, AMBIGUOUS_LINK)
    return _blocker("NO_PR_LINKED", "The issue has no link to a pull request; set prUrl.", "prUrl")


def _draft(facts: Facts) -> Iterator[Blocker]:
    if facts.draft == "missing":
        yield _blocker("NO_DRAFT", "The issue has no draft; set draft.", "draft")
    if facts.draft == "uncommitted":
        yield _blocker("DRAFT_NOT_COMMITTED", "The draft is not committed; set draftCommitted.", "draft")
    if facts.is_valid is None:
        yield _blocker("DRAFT_NOT_VALIDATED", "Nobody has validated the draft; set validation.", "validation")
    if facts.is_valid is False:
        yield _blocker(
            "DRAFT_INVALID", "The validation of the draft found it invalid; set a draft that is valid.", "validation"
        )


def _verification(facts: Facts) -> Iterator[Blocker]:
    """All that is known has to be good: one piece of evidence that is not holds the issue up."""
    if not facts.deployments:
        sentence = "No deployment of the merged commit was observed; run S6_DEPLOYMENT_OBSERVE when there is one."
        yield _blocker("NO_DEPLOYMENT_OBSERVATIONS", sentence, "deployments")
    if not facts.evidence:
        yield _blocker("NO_EVIDENCE", "Nobody has given evidence that the merged commit works; give it.", "evidence")
    for each in facts.evidence:
        if (wrong := _wrong(each, facts)) is not None:
            yield _blocker("INVALID_EVIDENCE", wrong, f"evidence:{each.kind}")
    for each in facts.evidence:
        if each.at < facts.now - timedelta(seconds=facts.evidence_seconds):
            most = facts.evidence_seconds
            sentence = f"The evidence {each.kind} of {each.at.isoformat()} is older than {most} s; give newer one."
            yield _blocker("STALE_EVIDENCE", sentence, f"evidence:{each.kind}")


def _wrong(evidence: Evidence, facts: Facts) -> str | None:
    if evidence.verdict != "PASS":
        return f"The evidence {evidence.kind} says {evidence.verdict}; newer one has to say PASS."
    if evidence.sha is None or evidence.sha != facts.merge_sha:
        about = evidence.sha or "no commit"
        return f"The evidence {evidence.kind} is about {about}, not about the merged one; give new one."
    if evidence.at > facts.now + timedelta(seconds=CLOCKS_DIFFER_SECONDS):
        return f"The evidence {evidence.kind} is of the future; give new one."
    return None


def _blocker(code: str, sentence: str, subject: str) -> Blocker:
    return Blocker(code=code, sentence=sentence, subject=subject)
