"""Record what went past the gate: merges that it did not make, auto-merge switched on, a guarded branch forced."""

from datetime import datetime

from app import ledger
from app.database import Transaction
from app.events import Event, Repository
from app.github.documents import Repo
from app.github.merge_documents import MergePull
from app.records import alerts, attempts, external_merges, gate_findings, issues, operator_settings
from app.records.external_merges import ExternalMerge, Via
from app.records.issues import Issue
from app.records.step_runs import StepRun
from tasks.context import Context

QUEUE_LOGIN = "github-merge-queue[bot]"


def recognise(
    context: Context, tx: Transaction, step: StepRun, pull: MergePull, issue: Issue | None, now: datetime
) -> bool:
    """Whether a merged pull request was merged past this gate; where it was, that is recorded, once.

    The issue then ends in DONE all the same, without `loop_merged`. A dry run records nothing. Call it in the
    transaction that ends the run, before its last audit entry.
    """
    assert pull.base.repo is not None  # noqa: S101 -- GitHub shows no pull request without the repository it goes into
    seen = _seen(tx, step, pull, pull.base.repo)
    if _is_made_by_us(tx, seen):
        return False
    if step.mode == "dryRun":
        return True
    if issue is not None:
        _finish(tx, issue, seen, now)
    if external_merges.record(tx, seen, now):
        _tell_of_merge(context, tx, seen, issue, now)
    return True


def _seen(tx: Transaction, step: StepRun, pull: MergePull, repository: Repo) -> ExternalMerge:
    head, base_ref = pull.head.sha, pull.base.ref
    return ExternalMerge(
        repository_id=repository.id,
        full_name=repository.full_name,
        number=pull.number,
        head_sha=head,
        base_ref=base_ref,
        merge_sha=pull.merge_commit_sha or "",
        merged_by=pull.merged_by.login if pull.merged_by else None,
        via=_via(tx, step, pull, repository.id),
        had_pass=external_merges.had_pass(tx, repository.id, pull.number, head_sha=head, base_ref=base_ref),
    )


def _via(tx: Transaction, step: StepRun, pull: MergePull, repository_id: int) -> Via:
    by_queue = pull.merged_by is not None and pull.merged_by.login == QUEUE_LOGIN
    if by_queue or external_merges.is_of_group(tx, repository_id, pull.merge_commit_sha or ""):
        return "queue"
    is_automatic = pull.auto_merge is not None or external_merges.was_automatic(tx, step.request_id)
    return "auto_merge" if is_automatic else "hand"


def _is_made_by_us(tx: Transaction, seen: ExternalMerge) -> bool:
    """By a merge of ours at that head; or by GitHub's merge queue, where we had put it into that at that head."""
    succeeded = attempts.succeeded_of(tx, seen.repository_id, seen.number)
    open_ones = attempts.open_of(tx, seen.repository_id, seen.number)
    merged = any(each.kind == "merge" and each.head_sha == seen.head_sha for each in succeeded)
    queued = any(
        each.kind == "enqueue" and each.head_sha == seen.head_sha and each.state != "INTENT"
        for each in (*succeeded, *open_ones)
    )
    return merged or (queued and seen.via == "queue")


def _finish(tx: Transaction, issue: Issue, seen: ExternalMerge, now: datetime) -> None:
    held = issues.hold(tx, issue.id)
    if held is not None and held.status == "REVIEW_READY":
        issues.move(tx, held, "DONE", now, seen.merge_sha or None)


def _tell_of_merge(context: Context, tx: Transaction, seen: ExternalMerge, issue: Issue | None, now: datetime) -> None:
    fields = {
        "repository": seen.full_name,
        "number": seen.number,
        "base": seen.base_ref,
        "head_sha": seen.head_sha,
        "merge_sha": seen.merge_sha,
        "merged_by": seen.merged_by,
        "via": seen.via,
        "had_pass": seen.had_pass,
        "issue": str(issue.id) if issue else None,
    }
    ledger.append(tx, kind="EXTERNAL_MERGE", subject=seen.subject, actor=ledger.BY_GATE, body=fields, at=now)
    is_expected = seen.had_pass and issue is None and not is_guarded(context, tx, seen.full_name)
    if not is_expected:
        code = "EXTERNAL_MERGE" if seen.had_pass else "BYPASS_UNAPPROVED_HEAD"
        alerts.raise_alert(tx, code, subject=seen.subject, fields=fields, key=_key(code, seen), at=now)


def _key(code: str, seen: ExternalMerge) -> str:
    return f"{code}:{seen.subject}@{seen.head_sha}"


def is_guarded(context: Context, tx: Transaction, full_name: str) -> bool:
    """Whether merges are this gate's alone there."""
    return operator_settings.everywhere(tx, context.settings).merges_in(full_name)


def tell(context: Context, tx: Transaction, event: Event, now: datetime) -> None:
    """Alert where auto-merge was switched on, our merge opened again, or a guarded branch moved by force.

    Makes audit entries: call it last in its transaction.
    """
    if event.repository is None or event.installation_id is None:
        return
    if not is_guarded(context, tx, event.repository.full_name):
        return
    if (event.name, event.action) == ("pull_request", "auto_merge_enabled"):
        for number in event.pulls:
            auto_merge(tx, event.repository, number, head_sha=event.head_sha, by=event.sender, now=now)
    if (event.name, event.action) == ("pull_request", "reopened"):
        for number in event.pulls:
            _tell_of_reopening(tx, event.repository, number, by=event.sender, now=now)
    if event.forced is not None and event.branch is not None and _is_base(tx, event, event.repository, event.branch):
        _tell_of_force(tx, event, event.repository, now)


def _tell_of_reopening(tx: Transaction, repository: Repository, number: int, *, by: str | None, now: datetime) -> None:
    """GitHub opens nothing again that is merged: what was recorded as our merge is then no longer what it shows."""
    for own in [each for each in attempts.succeeded_of(tx, repository.id, number) if each.kind == "merge"][-1:]:
        code, subject = "REOPENED_AFTER_MERGE", own.subject
        fields = {"repository": repository.full_name, "number": number, "head_sha": own.head_sha, "by": by}
        fields["merge_sha"] = own.merge_sha
        alerts.raise_alert(tx, code, subject=subject, fields=fields, key=f"{code}:{subject}@{own.head_sha}", at=now)


def auto_merge(
    tx: Transaction, repository: Repository, number: int, *, head_sha: str | None, by: str | None, now: datetime
) -> None:
    """GitHub would merge the pull request by itself as soon as its own rules are content; told once for each head."""
    subject, code = f"pull:{repository.id}#{number}", "AUTO_MERGE_ENABLED"
    fields = {"repository": repository.full_name, "number": number, "head_sha": head_sha, "by": by}
    if alerts.raise_alert(tx, code, subject=subject, fields=fields, key=f"{code}:{subject}@{head_sha}", at=now):
        ledger.append(tx, kind=code, subject=subject, actor=ledger.BY_GITHUB, body=fields, at=now)


def _is_base(tx: Transaction, event: Event, repository: Repository, branch: str) -> bool:
    """Whether merges are made into the branch: the default one, one that `doctor` looked at, one we merged into."""
    if event.forced is not None and event.forced.is_default:
        return True
    return gate_findings.is_base(tx, repository.id, branch)


def _tell_of_force(tx: Transaction, event: Event, repository: Repository, now: datetime) -> None:
    subject, code = f"repository:{repository.id}", "BASE_FORCE_PUSHED"
    before = event.forced.before if event.forced else None
    fields = {
        "repository": repository.full_name,
        "base": event.branch,
        "before": before,
        "after": event.head_sha,
        "by": event.sender,
    }
    key = f"{code}:{repository.id}:{event.branch}:{before}:{event.head_sha}"
    if alerts.raise_alert(tx, code, subject=subject, fields=fields, key=key, at=now):
        ledger.append(tx, kind=code, subject=subject, actor=ledger.BY_GITHUB, body=fields, at=now)
