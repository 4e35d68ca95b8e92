"""Judge a repository and its base branches: can a merge go around the gate there, by whomever?"""

from collections.abc import Iterator

from policies.doctor import permissions
from policies.doctor.facts import Base, Finding, Home, Purpose


def judge(home: Home, purpose: Purpose, app_id: int) -> Iterator[Finding]:
    """Every finding about the repository; about its branches only where it could be looked at."""
    if (blind := _not_looked_at(home)) is not None:
        yield blind
        return
    yield from permissions.judge(home, purpose)
    yield from _posture(home)
    for base in home.bases:
        yield from _base(home, base, app_id)


def is_required(base: Base, app_id: int) -> bool:
    """Whether nobody is let merge into the branch without the gate's own check, made by our App and no other."""
    return any(each.context == base.context and each.app_id == app_id for each in base.required)


def is_certain(base: Base, app_id: int) -> bool:
    """Whether what was read settles that: half of it does where it already says yes."""
    return base.trouble is None or base.is_hidden or is_required(base, app_id)


def _not_looked_at(home: Home) -> Finding | None:
    if home.trouble is not None:
        return _error("REPOSITORY_UNREADABLE", home.full_name, home.trouble, "Run this again later.")
    if home.suspended:
        sentence = "The App's installation is suspended, so nothing can be read or written."
        return _error("INSTALLATION_SUSPENDED", home.full_name, sentence, "Have the owner unsuspend it.")
    if not home.installed:
        sentence = "The App is not installed on this repository, or the repository is spelt otherwise."
        return _error("APP_NOT_INSTALLED", home.full_name, sentence, "Install it, or take the name from the settings.")
    if home.other_id:
        sentence = "Another repository of this name was allowed before, so this one is written to by nobody."
        mend = "If it is meant, have an operator take the old repository's row out of pinned_repositories."
        return _error("REPO_ID_MISMATCH", home.full_name, sentence, mend)
    return None


def _posture(home: Home) -> Iterator[Finding]:
    if home.safe_mode:
        sentence = "Safe mode is on, so nothing is merged here."
        yield _warning("SAFE_MODE", home.full_name, sentence, "mergegate posture safe-mode off")
    if home.frozen is not None:
        sentence = f"Merges are frozen: {home.frozen}"
        yield _warning("FROZEN", home.full_name, sentence, "mergegate posture thaw")
    if not home.guarded:
        yield _ok("DRY_RUN", home.full_name, "Merges are only said: MERGE_REPOSITORIES or a setting leaves it out.")
    elif home.dry_run:
        sentence = "Merges are only said here, since an operator has switched a dry run on."
        yield _warning("DRY_RUN", home.full_name, sentence, "mergegate posture dry-run off")


def _base(home: Home, base: Base, app_id: int) -> Iterator[Finding]:
    where = f"{home.full_name}:{base.branch}"
    yield from _requirement(base, where, app_id)
    if home.auto_merge is not False and not is_required(base, app_id):
        yield _auto_merge(home, base, where)
    yield from _bypass(base, where)
    if base.queue:
        sentence = "Pull requests go through GitHub's merge queue: this gate puts them there and judges its groups."
        yield _ok("MERGE_QUEUE", where, sentence)


def _requirement(base: Base, where: str, app_id: int) -> Iterator[Finding]:
    if is_required(base, app_id):
        yield _ok("GATE_REQUIRED", where, f"The status {base.context} of our App is required.")
    elif base.trouble is None:
        yield _not_required(base, where)
    if base.trouble is not None:
        mend = "Give the App the permission administration: read." if base.is_hidden else "Run this again later."
        yield _error(
            "PROTECTION_UNREADABLE", where, f"What protects the branch could not be read: {base.trouble}", mend
        )
    if base.overridden_by is not None and not is_required(base, app_id):
        sentence = f"{base.overridden_by} lets merges be made here all the same."
        yield _warning("GATE_OVERRIDDEN", where, sentence, "mergegate doctor override --withdraw takes that back.")


def _not_required(base: Base, where: str) -> Finding:
    mend = f"Require the status {base.context} in a ruleset or in the branch's protection, with our App as its source."
    if any(each.context == base.context for each in base.required):
        sentence = (
            f"The status {base.context} is required from anybody: whoever may write a status goes around the gate."
        )
        return _error("GATE_NOT_PINNED", where, sentence, mend)
    sentence = f"The status {base.context} is not required: whoever may push merges without the gate."
    return _error("GATE_NOT_REQUIRED", where, sentence, mend)


def _auto_merge(home: Home, base: Base, where: str) -> Finding:
    may = "may" if home.auto_merge is None else "can"
    sentence = f"Auto-merge {may} be switched on, and {base.context} is not required: GitHub then merges by itself."
    return _error("AUTO_MERGE", where, sentence, "Require the status, or switch Allow auto-merge off.")


def _bypass(base: Base, where: str) -> Iterator[Finding]:
    passed = sorted(ruled.name for ruled in base.rulesets if ruled.passes not in ("never", None))
    unknown = sorted(ruled.name for ruled in base.rulesets if ruled.passes is None)
    if passed or base.excused:
        what = ", ".join(passed) or "the protection's reviews"
        sentence = f"Our App may pass {what} by, so GitHub would not stop a mistake of this gate."
        yield _error("APP_MAY_BYPASS", where, sentence, "Take the App off the bypass list.")
    if unknown:
        sentence = f"GitHub does not say whether our App may pass {', '.join(unknown)} by."
        yield _warning(
            "BYPASS_UNKNOWN", where, sentence, "Look whether the App is on the bypass list, and take it off."
        )
    if base.admins_bound is False:
        sentence = "The branch's protection does not bind administrators: they can merge without the gate."
        mend = "Switch on Do not allow bypassing the above settings, or use a ruleset without bypass."
        yield _warning("ADMINS_NOT_BOUND", where, sentence, mend)


def _ok(code: str, subject: str, sentence: str) -> Finding:
    return Finding(code=code, severity="ok", subject=subject, sentence=sentence)


def _warning(code: str, subject: str, sentence: str, mend: str) -> Finding:
    return Finding(code=code, severity="warning", subject=subject, sentence=sentence, mend=mend)


def _error(code: str, subject: str, sentence: str, mend: str) -> Finding:
    return Finding(code=code, severity="error", subject=subject, sentence=sentence, mend=mend)
