"""What `doctor` looks at: the App, its webhooks, the repositories that this gate is for, their branches."""

from typing import Literal

from policies.facts import Frozen, Moment, Text
from policies.merging.facts import Required

Severity = Literal["ok", "warning", "error"]
Pass = Literal["always", "pull_requests_only", "exempt", "never"]


class Finding(Frozen):
    """One finding. `subject`: what it is about; `mend`: what to do, empty where all is well."""

    code: str
    severity: Severity
    subject: Text
    sentence: Text
    mend: Text = ""


class Purpose(Frozen):
    """What this gate is set up to do. `writes`: the switches that are on anywhere; `merges`: the merger is live."""

    writes: tuple[str, ...] = ()
    merges: bool = False
    workflow_files: bool = False


class Gate(Frozen):
    """The App as GitHub shows it. `skew_seconds`: our clock less GitHub's, None where GitHub told no time.

    `trouble`: why GitHub did not show it.
    """

    app_id: int
    slug: Text
    events: tuple[Text, ...] = ()
    skew_seconds: int | None = None
    trouble: Text | None = None


class Post(Frozen):
    """The newest webhooks, as GitHub lists them. `received_at`: when we recorded the last one that came by webhook.

    `trouble`: why the list could not be read.
    """

    listed: int = 0
    failed: int = 0
    delivered_at: Moment | None = None
    received_at: Moment | None = None
    trouble: Text | None = None


class Ruled(Frozen):
    """A ruleset that is in force on a branch, and whether our App need not keep to it; None: GitHub does not say."""

    name: Text
    passes: Pass | None


class Base(Frozen):
    """A branch that pull requests are merged into. `context`: our own there; `required`: all that GitHub demands.

    `admins_bound`: whether classic protection binds administrators, None where there is none. `excused`: classic
    protection excuses our App from reviews. `overridden_by`: who lets merges be made there all the same. `trouble`: why
    not all of it could be read; `is_hidden`: since GitHub does not let us, and not for a moment only.
    """

    branch: Text
    context: Text
    required: tuple[Required, ...] = ()
    rulesets: tuple[Ruled, ...] = ()
    admins_bound: bool | None = None
    excused: bool = False
    queue: bool = False
    overridden_by: Text | None = None
    trouble: Text | None = None
    is_hidden: bool = False


class Home(Frozen):
    """A repository. `guarded`: merges are made there, not only said. `permissions`: name and level, as installed.

    `auto_merge`: whether people may switch it on, None where GitHub does not tell. `other_id`: another repository of
    the name was allowed before. `trouble`: why it could not be looked at at all.
    """

    full_name: Text
    guarded: bool = False
    installed: bool = True
    suspended: bool = False
    other_id: bool = False
    permissions: tuple[tuple[Text, Text], ...] = ()
    auto_merge: bool | None = None
    safe_mode: bool = False
    dry_run: bool = False
    frozen: Text | None = None
    bases: tuple[Base, ...] = ()
    trouble: Text | None = None
