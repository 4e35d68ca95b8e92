"""The GraphQL documents that may leave, each a file beside this one: known by digest, with their variables' types."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRAPHQL = "/graphql"
LONGEST_TEXT_CHARACTERS = 1024

_VARIABLE = re.compile(r"\$(\w+): (String|Int|Boolean|ID|GitObjectID)(!?)")
_TYPES: dict[str, type] = {"String": str, "Int": int, "Boolean": bool, "ID": str, "GitObjectID": str}
_READS_ONLY = re.compile(r"query \w+(?:\(|\s)")
_CHANGES = re.compile(r"\b(?:mutation|subscription)\b")
_CHANGES_ONLY = re.compile(r"mutation \w+\(")


@dataclass(frozen=True)
class Query:
    """One fixed document; `variables` holds the name, type and necessity of each variable."""

    text: str
    variables: tuple[tuple[str, type, bool], ...]

    @property
    def digest(self) -> str:
        return digest(self.text)

    def takes(self, values: Any) -> bool:
        """Whether these are all the variables of the document, each of its type."""
        if not isinstance(values, dict) or values.keys() != {name for name, _, _ in self.variables}:
            return False
        return all(_fits(values[name], kind, needed) for name, kind, needed in self.variables)


def digest(text: str) -> str:
    """SHA-256 (hex) of a document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read(name: str) -> Query:
    """The document `name`.graphql beside this file. Raise `ValueError` for one that could change anything."""
    text = _text(name)
    if not _READS_ONLY.match(text) or _CHANGES.search(text):
        raise ValueError(f"{name}.graphql is no query")
    return _declared(text)


def read_mutation(name: str) -> Query:
    """The same for a document that changes something, for which a permit is needed."""
    text = _text(name)
    if not _CHANGES_ONLY.match(text):
        raise ValueError(f"{name}.graphql is no mutation")
    return _declared(text)


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.graphql").read_text(encoding="utf-8")


def _declared(text: str) -> Query:
    declared = _VARIABLE.findall(text)
    return Query(text, tuple((variable, _TYPES[kind], bool(needed)) for variable, kind, needed in declared))


def _fits(value: object, kind: type, needed: bool) -> bool:
    if value is None:
        return not needed
    return type(value) is kind and not (isinstance(value, str) and len(value) > LONGEST_TEXT_CHARACTERS)


TALK = read("talk")
REVIEW_REQUESTS = read("review_requests")
MERGE_QUEUE = read("merge_queue")
PROJECT_FIELD = read("project_field")
QUEUED_PULL = read("queued_pull")
REVIEW_DECISION = read("review_decision")
READINGS = (TALK, REVIEW_REQUESTS, MERGE_QUEUE, PROJECT_FIELD, QUEUED_PULL, REVIEW_DECISION)
BY_DIGEST = {query.digest: query for query in READINGS}

SET_PROJECT_FIELD = read_mutation("set_project_field")
ENQUEUE = read_mutation("enqueue")
MUTATIONS = {query.digest: query for query in (SET_PROJECT_FIELD, ENQUEUE)}
