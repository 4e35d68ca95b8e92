"""Check a pull request that changes the policy or the gate file: is it sound, and whose verdict would it change?"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from app import backtest
from app.backtest import Plan, Tally, Trial
from app.database import Transaction
from app.github import facts
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records import evaluations, operator_settings, pulls
from app.records.runs import Run
from policies import document, reference, validation
from policies.contents import MOST_ANNOTATIONS, Annotation, CheckRunContent
from policies.policy import Policy
from policies.text import code, short
from policies.validation import Finding
from tasks import proposing
from tasks.context import Context
from tasks.gate_file import GateFile
from tasks.judging import Judged
from tasks.proposing import Cause

Conclusion = Literal["success", "failure", "neutral"]
NAME = "mergegate: policy"
MOST_PULLS_TRIED = 200
MOST_SECONDS = 5
MOST_LISTED = 30
MOST_TITLE_CHARACTERS = 200
MOST_MESSAGE_CHARACTERS = 2_000
UNREADABLE = "The policy file cannot be read"
REMOVED = "Without it the policy that the owner shares counts; without that, every pull request gets an error."
GATE_UNREADABLE = "The gate file cannot be read"
GATE_REMOVED = "Without it the gate approves nothing, nothing at GitHub asks for a merge, and the built-in rules count."
CONCLUSIONS: tuple[Conclusion, ...] = ("failure", "neutral", "success")
ELSEWHERE = "It points to a policy in another repository, which is not judged here."


@dataclass(frozen=True)
class Report:
    """What the check says; `summary` is Markdown."""

    conclusion: Conclusion
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True)
class _Changes:
    """What trying the policy came to, with a line for each verdict that is another; `are_all`: none is left to try."""

    tally: Tally
    lines: tuple[str, ...]
    are_all: bool


def content(context: Context, run: Run, judged: Judged, gate: GateFile) -> CheckRunContent | None:
    """What to report on the head; None where the files stay as they are, or where no check may be written.

    It changes no verdict. Where GitHub does not answer nothing is reported, since that would stay on the head after the
    outage; it is asked again with the next evaluation.
    """
    with context.pool.connection() as tx:
        counts = operator_settings.in_force(tx, context.settings, run.full_name, run.repository_id)
    if CheckRunContent.kind not in counts.kinds:
        return None
    try:
        report = _report(context, run, judged, gate)
    except Unavailable:
        return None
    except SoftTimeLimitExceeded:
        report = Report("neutral", "The policy could not be tried in time", "The verdict stands without that.")
    return None if report is None else _content(context, run, judged, report)


def propose(tx: Transaction, cause: Cause, wanted: CheckRunContent | None) -> tuple[UUID, ...]:
    """The intent that carries the check out, if any; an earlier one that waits and says otherwise is put aside."""
    intent_id = proposing.check_run(tx, cause, wanted) if wanted else None
    wished = (intent_id,) if intent_id else ()
    proposing.withdraw(tx, cause, CheckRunContent.kind, wished)
    return wished


def _content(context: Context, run: Run, judged: Judged, report: Report) -> CheckRunContent:
    with context.pool.connection() as tx:
        known = pulls.get(tx, run.repository_id, judged.pull.number)
    page = f"/pulls/{known['page_key']}" if known else ""
    return CheckRunContent(
        sha=judged.pull.head.sha,
        name=NAME,
        conclusion=report.conclusion,
        title=short(report.title, MOST_TITLE_CHARACTERS),
        summary=report.summary,
        annotations=report.annotations,
        details_url=f"{context.settings.public_url}{page}",
    )


def _report(context: Context, run: Run, judged: Judged, gate: GateFile) -> Report | None:
    """What there is to say of either file, the worse conclusion first."""
    of_policy, of_gate_file = _of_policy(context, run, judged), _of_gate_file(context, run, judged, gate)
    if of_policy is None or of_gate_file is None:
        return of_policy or of_gate_file
    first, second = sorted((of_policy, of_gate_file), key=lambda report: CONCLUSIONS.index(report.conclusion))
    return Report(
        conclusion=first.conclusion,
        title=f"{first.title}; {second.title}",
        summary=f"{first.summary}\n\n{second.summary}",
        annotations=(*first.annotations, *second.annotations)[:MOST_ANNOTATIONS],
    )


def _of_gate_file(context: Context, run: Run, judged: Judged, gate: GateFile) -> Report | None:
    place, path = Place(run.installation_id, run.repository_id), context.settings.gate_path
    try:
        text = context.reader.gate_file_at(place, judged.pull.head.sha, path).text
        before = gate.text
    except Unavailable as trouble:
        if trouble.code != "POLICY_UNREADABLE":
            raise
        broken = Report("failure", GATE_UNREADABLE, code(trouble.sentence))
        return broken if _touches(context, place, judged, path) else None
    if text == before or not _touches(context, place, judged, path):
        return None
    if text is None:
        return Report("neutral", "The gate file is removed", GATE_REMOVED)
    findings = validation.check_gate_file(text, context.settings.policy_options)
    is_wrong = any(finding.severity == "error" for finding in findings)
    said = _listed(tuple(map(_found, findings))) or "It is understood as a whole."
    remarks = _annotations(findings, path)
    if is_wrong:
        return Report("failure", "The gate file is not valid", said, remarks)
    return Report("success", "The gate file is sound", said, remarks)


def _of_policy(context: Context, run: Run, judged: Judged) -> Report | None:
    if context.settings.policy_options.force_shared_policy:
        return None
    place, path = Place(run.installation_id, run.repository_id), context.settings.policy_path
    try:
        text = context.reader.policy_file_at(place, judged.pull.head.sha, path).text
    except Unavailable as trouble:
        if trouble.code != "POLICY_UNREADABLE":
            raise
        broken = Report("failure", UNREADABLE, code(trouble.sentence))
        return broken if _touches(context, place, judged, path) else None
    if text == judged.policy_text or (text is None and not judged.source.startswith(f"{run.full_name}@")):
        return None
    changes = _touches(context, place, judged, path)
    if not changes:
        return None  # the branch is behind its base, and that is all
    if text is not None:
        return _judge(context, run, judged, text)
    if "deleted" in changes:
        return Report("neutral", "The policy file is removed", REMOVED)
    return Report("neutral", UNREADABLE, "GitHub does not show it at the head, though the pull request changes it.")


def _touches(context: Context, place: Place, judged: Judged, path: str) -> tuple[str, ...]:
    """How the pull request changes the file; a renamed one is listed under both of its names."""
    if judged.snapshot is not None and judged.snapshot.knows("files"):
        files = judged.snapshot.files
    else:
        files = facts.files(context.reader.files(place, judged.pull))
    return tuple(file.status for file in files if file.filename == path)


def _judge(context: Context, run: Run, judged: Judged, text: str) -> Report:
    findings = validation.check(text, context.settings.policy_options)
    remarks = _annotations(findings, context.settings.policy_path)
    if any(finding.severity == "error" for finding in findings):
        return Report("failure", "The policy is not valid", _listed(tuple(map(_found, findings))), remarks)
    if reference.parse(text) is not None:
        return Report("neutral", "The policy is somewhere else", ELSEWHERE, remarks)
    policy = document.parse(text, context.settings.policy_options)
    return _tried(_changes(context, run, judged, policy), judged.pull.base.ref, findings, remarks)


def _annotations(findings: tuple[Finding, ...], path: str) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(
            path=path,
            line=finding.line or 1,
            level="failure" if finding.severity == "error" else "warning",
            message=short(f"column {finding.column or 1}: {_mended(finding)}", MOST_MESSAGE_CHARACTERS),
        )
        for finding in findings[:MOST_ANNOTATIONS]
    )


def _changes(context: Context, run: Run, judged: Judged, policy: Policy) -> _Changes:
    """How the other open pull requests of the branch end on the facts last recorded of each."""
    plan, tally, lines = Plan(policy, context.settings.policy_options), Tally(), list[str]()
    until = context.clock() + timedelta(seconds=MOST_SECONDS)
    context.checkpoint("policy_check.trying")
    with context.pool.connection() as tx:
        stored = evaluations.newest_of_open(tx, run.repository_id, judged.pull.base.ref)
        others = (each for each in stored if each.number != judged.pull.number)
        for trial in backtest.trials(plan, others):
            tally.add(trial)
            if trial.outcome != "unchanged":
                lines.append(_changed(trial))
            if tally.judged >= MOST_PULLS_TRIED or context.clock() >= until:
                break
        known = pulls.count_others_into(tx, run.repository_id, judged.pull.base.ref, number=judged.pull.number)
        return _Changes(tally, tuple(lines), tally.judged >= known)


def _tried(changes: _Changes, base: str, findings: tuple[Finding, ...], remarks: tuple[Annotation, ...]) -> Report:
    tally, unknown = changes.tally, changes.tally.outcomes["unknown"]
    title = f"{len(changes.lines) - unknown} of {tally.judged} other open pull requests into {base} get another verdict"
    title = f"{title}, of {unknown} it cannot be told" if unknown else title
    return Report(
        conclusion="neutral" if changes.lines or not changes.are_all else "success",
        title=title if changes.are_all else f"{title}; others are not tried",
        summary=_listed((*map(_found, findings), *changes.lines)) or "Judged on the facts last recorded of each.",
        annotations=remarks,
    )


def _found(finding: Finding) -> str:
    return f"{finding.severity} in line {finding.line or 1}, column {finding.column or 1}: {code(_mended(finding))}"


def _mended(finding: Finding) -> str:
    return f"{finding.message}; {finding.hint}" if finding.hint else finding.message


def _changed(trial: Trial) -> str:
    if trial.outcome == "unknown":
        return f"#{trial.pull.number}: cannot be told for lack of {code(', '.join(trial.missing))}"
    rules = "; ".join(str(change) for change in trial.rules)
    return f"#{trial.pull.number}: {trial.then.state} → {trial.now.state}, {code(rules)}"


def _listed(lines: tuple[str, ...]) -> str:
    """A list in Markdown, cut where it gets long."""
    more = (f"... and {len(lines) - MOST_LISTED} more",) if len(lines) > MOST_LISTED else ()
    return "\n".join(f"- {line}" for line in (*lines[:MOST_LISTED], *more))
