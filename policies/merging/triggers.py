"""What asks at GitHub for a merge, and what forbids to ask: labels, comments, texts, branches, authors, drafts."""

from collections.abc import Iterable
from typing import Literal

from policies import patterns
from policies.facts import Frozen, Text
from policies.globs import Glob
from policies.merging.rules import MergeRules, Trigger

Way = Literal["label", "comment", "title", "body", "branch", "author"]


class Asked(Frozen):
    """What a pull request says. `comments`: of those who may ask, oldest first, as far as anybody read them.

    `head_branch`: None where it is a fork's, whose names anybody may choose.
    """

    labels: tuple[Text, ...] = ()
    comments: tuple[Text, ...] = ()
    title: Text = ""
    body: Text = ""
    head_branch: Text | None = None
    base_branch: Text
    author: Text
    draft: bool = False


def asks(rules: MergeRules, about: Asked) -> Way | None:
    """By what it asks for a merge; None where it does not. Without a trigger in the file nothing ever does."""
    return _found(rules.trigger, about)


def ignores(rules: MergeRules, about: Asked) -> Way | Literal["draft"] | None:
    """By what it says that nothing may ask for a merge; that comes before whatever asks.

    The text of the pull request is a comment here, as bulldozer has it: its author may forbid, and not ask.
    """
    said = about.model_copy(update={"comments": (*about.comments, about.body)})
    return "draft" if rules.ignore.drafts and about.draft else _found(rules.ignore, said)


def reads_comments(trigger: Trigger) -> bool:
    """Whether comments matter to it."""
    return bool(trigger.comments or trigger.comment_substrings)


def says(trigger: Trigger, comment: str) -> bool:
    """Whether a comment says one of its words."""
    return _is_any(trigger.comments, (comment.strip(),)) or _contains(trigger.comment_substrings, comment)


def _found(trigger: Trigger, about: Asked) -> Way | None:
    held: dict[Way, bool] = {
        "label": _is_any(trigger.labels, about.labels),
        "comment": any(says(trigger, comment) for comment in about.comments),
        "title": _contains(trigger.title_substrings, about.title),
        "body": _contains(trigger.body_substrings, about.body),
        "branch": _fits(trigger.branches, about.head_branch) or _fits(trigger.base_branches, about.base_branch),
        "author": _is_any(trigger.authors, (about.author,)),
    }
    return next((way for way, holds in held.items() if holds), None)


def _is_any(wanted: tuple[str, ...], said: Iterable[str]) -> bool:
    known = {text.lower() for text in wanted}
    return any(text.lower() in known for text in said)


def _contains(wanted: tuple[str, ...], said: str) -> bool:
    return any(text.lower() in said.lower() for text in wanted)


def _fits(globs: tuple[str, ...], branch: str | None) -> bool:
    """Branches are compared as they are written: to git, case makes another one."""
    return branch is not None and any(
        patterns.fits(patterns.compiled(Glob(text=text).expression), branch) for text in globs
    )
