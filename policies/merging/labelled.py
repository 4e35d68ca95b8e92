"""What the labels of a pull request make of the rules: its method, and whether its branch is updated."""

from collections.abc import Iterable

from policies.merging.rules import MergeRules


def rules(written: MergeRules, labels: Iterable[str]) -> MergeRules:
    """The rules for one pull request. Of several labels that choose a method the first in the file does."""
    own = frozenset(label.lower() for label in labels)
    chosen = (each.method for each in written.method_labels if each.label.lower() in own)
    return written.model_copy(update={"method": next(chosen, written.method), "update_branch": _updates(written, own)})


def _updates(written: MergeRules, own: frozenset[str]) -> bool:
    if not written.update_branch or _any(written.update_branch_ignore_labels, own):
        return False
    return not written.update_branch_labels or _any(written.update_branch_labels, own)


def _any(labels: tuple[str, ...], own: frozenset[str]) -> bool:
    return any(label.lower() in own for label in labels)
