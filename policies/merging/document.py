"""Reads the `merge` section of the gate file, noting every mistake with its line."""

from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]
from yaml import MappingNode

from policies import approving, patterns
from policies.globs import Glob
from policies.keys import nearest
from policies.merging import freezes, messages
from policies.merging.freezes import names
from policies.merging.rules import DEFAULT, MergeRules, MethodLabel, RequiredCheck, Trigger
from policies.reading import Fields, Problems, Value
from policies.server_options import ServerOptions
from policies.text import short
from policies.yaml_tree import compose

SECTION = "merge"
METHODS = ("merge", "squash", "rebase")
PERMISSIONS = ("read", "triage", "write", "maintain", "admin")
CHECKS_MODES = ("all", "required")
FLAGS = (
    "approval_must_match_head",
    "forbid_last_pusher",
    "rerequest_withdraws_approval",
    "strict_conclusions",
    "skipped_alone_is_evidence",
    "evaluate_test_merge_commit",
    "update_branch",
    "delete_branch",
    "dry_run",
)
WORDS = {"method": METHODS, "approver_min_permission": PERMISSIONS, "checks_mode": CHECKS_MODES}
LISTS = ("allowed_bot_approvers", "update_branch_labels", "update_branch_ignore_labels")
TEXTS = {"commit_title": messages.IN_A_TITLE, "commit_message": messages.IN_A_BODY}
KEYS = (
    *FLAGS,
    *WORDS,
    *LISTS,
    *TEXTS,
    "required_approvals",
    "required_checks",
    "method_labels",
    "trigger",
    "ignore",
    "freezes",
)
GLOBS = ("branches", "base_branches")
SAID = ("labels", "comments", "comment_substrings", "title_substrings", "body_substrings", *GLOBS, "authors")
MOST_APPROVALS = 100
MAX_PARSED_FILES = 64


def parse(text: str, server: ServerOptions) -> MergeRules:
    """The built-in rules where the file has no such section. Raise `PolicyError` for anything not understood."""
    rules, problems = read(text, server)
    problems.raise_first()
    return rules


@lru_cache(maxsize=MAX_PARSED_FILES)
def parsed(text: str, server: ServerOptions) -> MergeRules:
    """The same, remembered."""
    return parse(text, server)


def read(text: str, _server: ServerOptions) -> tuple[MergeRules, Problems]:
    """As much as is understood, and every mistake; raise `PolicyError` where it is no YAML at all."""
    problems = Problems()
    section = Value(compose(text), problems).fields(approving.KEYS)[SECTION]
    return (DEFAULT if section.is_absent else _rules(section)), problems


def _rules(section: Value) -> MergeRules:
    fields = section.fields(KEYS)
    said: dict[str, Any] = {flag: fields[flag].boolean() for flag in FLAGS}
    said |= {name: _word(fields[name], words) for name, words in WORDS.items()}
    said |= {name: names(fields[name]) for name in LISTS}
    said |= {name: _template(fields[name], name, known) for name, known in TEXTS.items()}
    said["required_approvals"] = _approvals(fields["required_approvals"])
    said["required_checks"] = tuple(_check(item) for item in fields["required_checks"].items() or ())
    said["method_labels"] = _method_labels(fields["method_labels"])
    said["trigger"] = _trigger(fields["trigger"])
    said["ignore"] = _ignore(fields["ignore"])
    said["freezes"] = freezes.read(fields["freezes"])
    if said["update_branch"] is not True:
        _demand_update_branch(fields["update_branch_labels"], fields["update_branch_ignore_labels"])
    return MergeRules.model_validate({name: value for name, value in said.items() if value is not None})


def _demand_update_branch(*lists: Value) -> None:
    for value in lists:
        if not value.is_absent:
            value.refuse("it has no effect without `update_branch: true`")


def _word(value: Value, words: tuple[str, ...]) -> str | None:
    if value.is_absent:
        return None
    word = value.text()
    if word not in words:
        value.refuse(f"{short(word)!r} is not one of {', '.join(words)}", hint=nearest(word, words))
        return None
    return word


def _approvals(value: Value) -> int | None:
    if value.is_absent:
        return None
    number = value.integer()
    if not 0 <= number <= MOST_APPROVALS:
        value.refuse(f"a number from 0 to {MOST_APPROVALS} is expected here")
        return None
    if number == 0:
        value.warn("approvals", "nothing is merged that nobody has approved, whatever stands here")
    return number


def _check(value: Value) -> RequiredCheck:
    """A name alone, of any App, or a name with the App it has to come from."""
    if not isinstance(value.node, MappingNode):
        return RequiredCheck(context=_context(value))
    fields = value.fields(("context", "app_id"))
    app = fields["app_id"]
    app_id = None if app.is_absent else app.integer()
    if app_id is not None and app_id <= 0:
        app.refuse("the number of an App is expected here")
        app_id = None
    return RequiredCheck(context=_context(fields["context"], owner=value), app_id=app_id)


def _context(value: Value, owner: Value | None = None) -> str:
    if not value.text().strip():
        (owner or value).refuse("a required check needs the name of a check or a status")
    return value.text()


def _method_labels(value: Value) -> tuple[MethodLabel, ...]:
    """A map of labels to methods, in the order of the file."""
    found = list[MethodLabel]()
    for label, written in value.entries():
        method = _word(written, METHODS)
        if written.is_absent:
            value.refuse(f"the label {short(label)!r} names no method")
        elif method is not None:
            found.append(MethodLabel.model_validate({"label": label, "method": method}))
    return tuple(found)


def _template(value: Value, name: str, known: tuple[str, ...]) -> str | None:
    if value.is_absent:
        return None
    text = value.text()
    if strange := messages.unknown(text, known):
        hint = nearest(strange[0], known) or f"it may hold {', '.join(f'{{{each}}}' for each in known)}"
        value.refuse(f"the placeholder {{{short(strange[0])}}} stands for nothing here", hint=hint)
    if name == "commit_title" and not text.strip():
        value.refuse("a commit needs a title", hint="leave it out, and GitHub makes one")
        return None
    return text


def _trigger(value: Value) -> Trigger:
    fields = value.fields(SAID)
    return Trigger.model_validate(_said(fields))


def _ignore(value: Value) -> Trigger:
    """A draft is ignored where the file does not say otherwise."""
    fields = value.fields((*SAID, "drafts"))
    return Trigger.model_validate({**_said(fields), "drafts": fields["drafts"].boolean() is not False})


def _said(fields: Fields) -> dict[str, tuple[str, ...]]:
    for name in GLOBS:
        for item in fields[name].items() or ():
            _demand_glob(item)
    return {name: names(fields[name]) for name in SAID}


def _demand_glob(value: Value) -> None:
    glob = Glob(text=value.text())
    try:
        patterns.compiled(glob.expression)
    except (ValueError, re2.error):
        value.refuse(f"the glob {short(glob.text)!r} is too large", "regexp")
        return
    if glob.text and not glob.is_valid:
        value.refuse(f"the glob {short(glob.text)!r} is not valid", "regexp")
