"""The text of the merge commit, made of the templates of the gate file and what the pull request says."""

import re

from policies.merging.facts import Pull
from policies.merging.rules import MergeRules
from policies.text import short

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
IN_A_TITLE = ("number", "title", "head", "author")
IN_A_BODY = (*IN_A_TITLE, "body")
MOST_TITLE_CHARACTERS = 250
MOST_BODY_CHARACTERS = 20_000
CUT = "\n…"
LINE_ENDS = ("\r\n", "\r")


def title(rules: MergeRules, pull: Pull) -> str | None:
    """One line; None: GitHub makes it."""
    if rules.commit_title is None:
        return None
    return short(_filled(rules.commit_title, pull), MOST_TITLE_CHARACTERS)


def body(rules: MergeRules, pull: Pull) -> str | None:
    """None: GitHub makes it; an empty text is one without anything."""
    if rules.commit_message is None:
        return None
    text = _lines(_filled(rules.commit_message, pull))
    fits = len(text) <= MOST_BODY_CHARACTERS
    return text if fits else text[: MOST_BODY_CHARACTERS - len(CUT)].rstrip() + CUT


def unknown(template: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The placeholders of a template that stand for nothing."""
    return tuple(name for name in PLACEHOLDER.findall(template) if name not in known)


def _filled(template: str, pull: Pull) -> str:
    """All at once, so that a title that looks like a placeholder stays what it is."""
    said = {
        "number": str(pull.number),
        "title": _line(pull.title),
        "head": _line(pull.head_ref),
        "author": _line(pull.author),
        "body": pull.body,
    }
    return PLACEHOLDER.sub(lambda found: said.get(found[1], found[0]), template)


def _line(text: str) -> str:
    """Text of one line: whoever writes a title adds no line, and so no trailer, to the commit."""
    return short(text, MOST_TITLE_CHARACTERS)


def _lines(text: str) -> str:
    """Line ends as git has them, and nothing that hides what is written."""
    for end in LINE_ENDS:
        text = text.replace(end, "\n")
    shown = (character for character in text if character in "\n\t" or character.isprintable())
    return "".join(shown).strip("\n")
