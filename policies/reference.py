"""A policy file that only names the file where the policy is."""

from policies.error import PolicyError
from policies.facts import Frozen
from policies.reading import Problems, Value
from policies.yaml_tree import compose

KEYS = ("remote", "path", "ref")


class Reference(Frozen):
    """An empty `path` means the usual one, an empty `ref` the default branch."""

    owner: str
    repo: str
    path: str = ""
    ref: str = ""


def parse(text: str) -> Reference | None:
    """`None` if the file is no reference, so a policy or nothing; raise `PolicyError(remote)` for a wrong one."""
    try:
        texts = written(text)
    except PolicyError:
        return None
    if texts is None:
        return None
    remote, path, ref = texts
    owner, slash, repo = remote.partition("/")
    if not (owner and slash and repo):
        raise PolicyError("remote", f"the remote {remote!r} is not written as owner/repository", 1, 1)
    return Reference(owner=owner, repo=repo, path=path, ref=ref)


def written(text: str) -> tuple[str, str, str] | None:
    """Remote, path and ref as they stand; `None` without a remote; raise `PolicyError` if there is anything else."""
    problems = Problems()
    fields = Value(compose(text), problems).fields(KEYS)
    if fields["remote"].is_absent:
        return None
    remote, path, ref = (fields[key].text() for key in KEYS)
    problems.raise_first()
    return remote, path, ref
