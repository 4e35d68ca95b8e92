"""Load the policy of a pull request: from its base branch, else the owner's shared one, else the built-in one.

A file may be a reference to where the policy is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.github.answers import Unavailable
from app.github.reader import Place, PolicyFile
from app.records.pulls import policy_place
from policies import default_policy, reference, verdict
from policies.error import PolicyError
from policies.reference import Reference
from policies.verdict import Origin, Verdict
from tasks.context import Context

DEFAULT_BRANCH = "HEAD"
"""What stands for the name of a default branch that could not be learnt."""
MOST_REFERENCE_CHARACTERS = 1_000
PASSING = frozenset({"GITHUB_API_ERROR", "GITHUB_TOKEN_REFUSED", "RATE_LIMITED", "READER_LOCAL", "HEAD_MOVED"})
"""Codes of trouble that the next attempt may not meet again; any other trouble is the verdict at once."""


class Home(Protocol):
    """Whose policy is loaded: a repository by name and id, as an installation sees it. A run is one."""

    @property
    def full_name(self) -> str:
        """owner/name."""

    @property
    def repository_id(self) -> int:
        """GitHub's id."""

    @property
    def installation_id(self) -> int:
        """That of the App there."""


@dataclass(frozen=True)
class Loaded:
    """A policy's text. `origin`: where it was found, as written; `source`: where that really is, with the commit.

    `is_built_in`: there is no file, so the built-in policy counts; `origin` is then where one could be.
    """

    origin: Origin
    source: str
    text: str
    is_built_in: bool = False


@dataclass(frozen=True)
class NotLoaded:
    """No policy. `origin`: where one was looked for in vain. `trouble`: what kept it from being read, if it did."""

    origin: Origin
    verdict: Verdict
    trouble: Unavailable | None = None


Found = Loaded | NotLoaded | None
"""None: no such file."""


def load(context: Context, home: Home, branch: str) -> Loaded | NotLoaded:
    """The policy for pull requests into `branch`. Raises `Unavailable` where trying again may help."""
    owner, _, repo = home.full_name.partition("/")
    own = Origin(owner=owner, repo=repo, ref=branch, path=context.settings.policy_path)
    if context.settings.policy_options.force_shared_policy:
        return _shared(context, home, owner) or _missing(_shared_origin(context, owner, DEFAULT_BRANCH))
    place = Place(home.installation_id, home.repository_id)
    found = _read(own, home.full_name, lambda: context.reader.policy_file(place, branch, own.path))
    shared = _shared_origin(context, owner, DEFAULT_BRANCH)
    return _followed(context, home, found) or _shared(context, home, owner) or _built_in(own, shared)


def places(context: Context, home: Home, branch: str, loaded: Loaded | NotLoaded) -> tuple[str, ...]:
    """Where, besides the base branch itself, a push may change what is loaded; see `pulls.policy_place`."""
    origin = loaded.origin
    name = f"{origin.owner}/{origin.repo}"
    is_own = isinstance(loaded, Loaded) and not loaded.is_built_in
    if is_own and (name.lower(), origin.ref) == (home.full_name.lower(), branch):
        return ()
    ref = "" if origin.ref == DEFAULT_BRANCH else origin.ref
    now_called = loaded.source.partition("@")[0] if isinstance(loaded, Loaded) and is_own else name
    shared = f"{home.full_name.partition('/')[0]}/{context.settings.policy_options.shared_repository}"
    found = {policy_place(name, ref), policy_place(now_called, ref), policy_place(shared)}
    return tuple(sorted(found))


def passes(trouble: Unavailable) -> bool:
    """Whether the next attempt may not meet the trouble again."""
    return trouble.code in PASSING or trouble.not_before is not None


def _shared(context: Context, home: Home, owner: str) -> Found:
    """The policy that the owner has for all repositories, at the default branch of the shared one."""
    origin = _shared_origin(context, owner, DEFAULT_BRANCH)
    try:
        shared = context.reader.repository(home.installation_id, owner, origin.repo)
    except Unavailable as trouble:
        return _failed(origin, trouble)
    if shared is None:
        return None
    origin = _shared_origin(context, owner, shared.default_branch)
    place = Place(home.installation_id, shared.id)
    found = _read(origin, shared.full_name, lambda: context.reader.policy_file(place, origin.ref, origin.path))
    return _followed(context, home, found)


def _shared_origin(context: Context, owner: str, ref: str) -> Origin:
    options = context.settings.policy_options
    return Origin(owner=owner, repo=options.shared_repository, ref=ref, path=options.shared_policy_path)


def _followed(context: Context, home: Home, found: Found) -> Found:
    """What a reference points to; one level only, since the text found there is taken for a policy."""
    if not isinstance(found, Loaded):
        return found
    try:
        pointer = reference.parse(found.text)
    except PolicyError as wrong:
        return _wrong(found.origin, wrong.message)
    return found if pointer is None else _remote(context, home, pointer, found.origin)


def _remote(context: Context, home: Home, pointer: Reference, by: Origin) -> Loaded | NotLoaded:
    written = f"{pointer.owner}{pointer.repo}{pointer.ref}{pointer.path}"
    if not written.isprintable() or len(written) > MOST_REFERENCE_CHARACTERS:
        return _wrong(by, f"a reference must be of at most {MOST_REFERENCE_CHARACTERS} printable characters")
    options = context.settings.policy_options
    path = pointer.path or ("" if options.force_shared_policy else context.settings.policy_path)
    origin = Origin(owner=pointer.owner, repo=pointer.repo, ref=pointer.ref or DEFAULT_BRANCH, path=path)
    if not path:
        return _wrong(by, "a shared reference must name the path of the policy")
    try:
        there = context.reader.repository(home.installation_id, pointer.owner, pointer.repo)
    except Unavailable as trouble:
        return _failed(origin, trouble)
    if there is None:
        return _wrong(origin, f"{by} points to a repository that is not there or that this App can't see")
    origin = origin.model_copy(update={"ref": pointer.ref or there.default_branch})
    place = Place(home.installation_id, there.id)
    found = _read(origin, there.full_name, lambda: context.reader.policy_file_at_ref(place, origin.ref, path))
    return found or _wrong(origin, f"{by} points to {path}, and there is no such file at {origin.ref}")


def _read(origin: Origin, full_name: str, read: Callable[[], PolicyFile | None]) -> Found:
    """`full_name`: what GitHub calls the repository now."""
    try:
        file = read()
    except Unavailable as trouble:
        return _failed(origin, trouble)
    if file is None:
        return _wrong(origin, f"GitHub shows no {origin.ref} in {full_name}")
    if file.text is None:
        return None
    return Loaded(origin, f"{full_name}@{file.sha}: {file.path}", file.text)


def _built_in(own: Origin, shared: Origin) -> Loaded:
    source = f"{default_policy.NAME}, since there is neither {own} nor {shared}"
    return Loaded(own, source, default_policy.TEXT, is_built_in=True)


def _missing(origin: Origin) -> NotLoaded:
    return NotLoaded(origin, verdict.of_missing_policy(origin))


def _wrong(origin: Origin, sentence: str) -> NotLoaded:
    return NotLoaded(origin, verdict.of_load_error(origin, sentence))


def _failed(origin: Origin, trouble: Unavailable) -> NotLoaded:
    if passes(trouble):
        raise trouble
    return NotLoaded(origin, verdict.of_load_error(origin, trouble.sentence), trouble)
