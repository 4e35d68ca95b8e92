"""What the tip of a base branch says of merges into it: the rules of the gate file, and which policy is in force."""

import hashlib
from dataclasses import dataclass

from app.github.answers import Unavailable
from app.github.reader import Place
from policies import document
from policies.error import PolicyError
from policies.merging import document as gate_document
from policies.merging.rules import DEFAULT, MergeRules
from policies.text import short
from tasks import loading
from tasks.context import Context
from tasks.loading import Loaded

UNREADABLE = "POLICY_UNREADABLE"
"""A file that is there, and is no text that could be a policy."""
MOST_SENTENCE_CHARACTERS = 1_000


@dataclass(frozen=True)
class Home:
    """A repository as the loader of policies takes it."""

    full_name: str
    repository_id: int
    installation_id: int

    @property
    def place(self) -> Place:
        """The same as the reader takes it."""
        return Place(self.installation_id, self.repository_id)


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """`tip`: the commit that says it. `rules_digest`: SHA-256 of the gate file, of nothing where there is none.

    `policy_digest`: SHA-256 of the policy in force, None where that is not valid. `trouble`: what is not valid, in a
    sentence; the rules are then the built-in ones.
    """

    tip: str
    rules: MergeRules
    rules_digest: str
    policy_digest: str | None
    trouble: str | None


def read(context: Context, home: Home, branch: str) -> Ruled:
    """Raises `Unavailable`."""
    tip = context.reader.branch_tip(home.place, branch)
    if tip is None:
        raise Unavailable("GITHUB_API_ERROR", f"GitHub shows no branch {branch} in {home.full_name}.")
    text, unreadable = _gate_text(context, home, tip)
    rules, invalid = _rules(context, text)
    digest, refused = _policy(context, home, branch)
    wrong = unreadable or invalid
    return Ruled(
        tip=tip,
        rules=rules,
        rules_digest=hashlib.sha256(text.encode()).hexdigest(),
        policy_digest=digest if wrong is None else None,
        trouble=refused or wrong,
    )


def _gate_text(context: Context, home: Home, tip: str) -> tuple[str, str | None]:
    """The gate file, empty where there is none, and why it is no text."""
    try:
        return context.reader.policy_file_at(home.place, tip, context.settings.gate_path).text or "", None
    except Unavailable as trouble:
        if trouble.code != UNREADABLE:
            raise
        return "", trouble.sentence


def _rules(context: Context, text: str) -> tuple[MergeRules, str | None]:
    """The rules, or the built-in ones with what is wrong."""
    if not text:
        return DEFAULT, None
    try:
        return gate_document.parsed(text, context.settings.policy_options), None
    except PolicyError as wrong:
        return DEFAULT, _sentence(context.settings.gate_path, wrong)


def _policy(context: Context, home: Home, branch: str) -> tuple[str | None, str | None]:
    """The digest of the policy, or what is wrong with it."""
    loaded = loading.load(context, home, branch)
    if not isinstance(loaded, Loaded):
        if loaded.trouble is not None and loaded.trouble.code != UNREADABLE:
            raise loaded.trouble
        return None, loaded.verdict.summary
    try:
        document.parsed(loaded.text, context.settings.policy_options)
    except PolicyError as wrong:
        return None, _sentence(loaded.origin.path, wrong)
    return hashlib.sha256(loaded.text.encode()).hexdigest(), None


def _sentence(path: str, wrong: PolicyError) -> str:
    line = f" in line {wrong.line}" if wrong.line else ""
    return short(f"{path} on the base branch is not valid{line}: {wrong.message}.", MOST_SENTENCE_CHARACTERS)
