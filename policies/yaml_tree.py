"""Turns the text of a policy into YAML nodes within limits of size, depth and alias expansion."""

from typing import Any

from yaml import (
    DocumentEndEvent,
    MappingEndEvent,
    MappingNode,
    MappingStartEvent,
    MarkedYAMLError,
    Node,
    ScalarNode,
    SequenceEndEvent,
    SequenceNode,
    SequenceStartEvent,
    YAMLError,
)
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.reader import ReaderError

from policies.error import PolicyError

MAX_DOCUMENT_BYTES = 256 * 1024
MAX_DEPTH_LEVELS = 64
MAX_EXPANDED_NODES = 50_000
PLAIN_TAG = "plain"
UNTAGGED_TAG = "untagged"
BYTE_ORDER_MARK = "\ufeff"


class _Parser(CParser):
    """Composes nodes whose tag says how they were written: the resolution of plain scalars is ours."""

    def descend_resolver(self, current_node: Node | None, current_index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> str:
        return PLAIN_TAG if kind is ScalarNode and implicit[0] else UNTAGGED_TAG


def compose(text: str) -> Node | None:
    """The root of the first document, `None` if there is none; raise `PolicyError(yaml_syntax)`."""
    text = _sized(text).removeprefix(BYTE_ORDER_MARK)
    try:
        _check_depth(_Parser(text))
        parser = _Parser(text)
        root = parser.get_node() if parser.check_node() else None
    except YAMLError as error:
        raise _refusal(error, text) from error
    if root is not None:
        _count(root, {}, [])
    return root


def _sized(text: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise PolicyError("yaml_syntax", "the document is not valid Unicode") from error
    if size > MAX_DOCUMENT_BYTES:
        raise PolicyError("yaml_syntax", f"the document is larger than {MAX_DOCUMENT_BYTES} bytes")
    return text


def _check_depth(parser: _Parser) -> None:
    """Read the events of the first document: this does not recurse, composing does."""
    depth = 0
    while (event := parser.get_event()) is not None and not isinstance(event, DocumentEndEvent):
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            depth -= 1
        if depth > MAX_DEPTH_LEVELS:
            message = f"the document nests deeper than {MAX_DEPTH_LEVELS} levels"
            raise PolicyError("yaml_syntax", message, *place(event.start_mark))


def _refusal(error: YAMLError, text: str) -> PolicyError:
    if isinstance(error, ReaderError):
        before = text.encode()[: error.position].decode(errors="ignore")
        here = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        return PolicyError("yaml_syntax", "a character is not allowed here", *here)
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    problem = error.problem if isinstance(error, MarkedYAMLError) else None
    return PolicyError("yaml_syntax", problem or "this is not understood", *place(mark))


def _count(node: Node, known: dict[int, int], path: list[Node]) -> int:
    """How many nodes `node` stands for once every alias is written out."""
    if any(node is ancestor for ancestor in path):
        raise refusal("an anchor contains itself", node)
    if id(node) not in known:
        path.append(node)
        known[id(node)] = 1 + sum(_count(child, known, path) for child in _children(node))
        path.pop()
    if known[id(node)] > MAX_EXPANDED_NODES:
        raise refusal(f"the aliases expand to more than {MAX_EXPANDED_NODES} values", node)
    return known[id(node)]


def _children(node: Node) -> list[Node]:
    if isinstance(node, SequenceNode):
        return list(node.value)
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return []


def refusal(message: str, node: Node) -> PolicyError:
    """A `yaml_syntax` error at the place of `node`."""
    return PolicyError("yaml_syntax", message, *place(node.start_mark))


def place(mark: Any) -> tuple[int | None, int | None]:
    """Line and column of a mark, from 1."""
    return (None, None) if mark is None else (mark.line + 1, mark.column + 1)
