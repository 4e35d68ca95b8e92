"""The options of a rule, resolved field by field from the rule, the policy's defaults and what is built in."""

from functools import cached_property

from policies import actors, patterns
from policies.actors import Actors
from policies.facts import Frozen
from policies.patterns import Pattern
from policies.reading import Value

FLAGS = (
    "allow_author",
    "allow_contributor",
    "allow_non_author_contributor",
    "invalidate_on_push",
    "ignore_edited_comments",
    "ignore_update_merges",
)
TEXT_METHODS = ("comment_patterns", "github_review_comment_patterns", "body_patterns")
METHODS = ("comments", "github_review", *TEXT_METHODS)
DEFAULT_MODE = "random-users"


class Block(Frozen):
    """Options that questions are remembered by, so that their hash is asked for all the time and is kept."""

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(value for _, value in self))

    def __hash__(self) -> int:
        return self._hash


class Methods(Block):
    """What counts as a yes (or, in a disapproval, as a no)."""

    comments: tuple[str, ...] = ()
    comment_patterns: tuple[Pattern, ...] = ()
    github_review: bool = False
    github_review_comment_patterns: tuple[Pattern, ...] = ()
    body_patterns: tuple[Pattern, ...] = ()

    @property
    def read_talk(self) -> bool:
        """Whether comments or reviews are looked at."""
        return self.read_comments or self.read_reviews

    @property
    def read_comments(self) -> bool:
        return bool(self.comments or self.comment_patterns)

    @property
    def read_reviews(self) -> bool:
        return self.github_review or bool(self.github_review_comment_patterns)


class RequestReview(Frozen):
    """Whom to ask for a review while the rule is pending; `count` 0 means as many as the rule requires."""

    enabled: bool = False
    mode: str = DEFAULT_MODE
    count: int = 0


class Options(Block):
    """Everything decided: no field is open any more."""

    allow_author: bool = False
    allow_contributor: bool = False
    allow_non_author_contributor: bool = False
    invalidate_on_push: bool = False
    ignore_edited_comments: bool = False
    ignore_update_merges: bool = False
    ignore_commits_by: Actors | None = None
    request_review: RequestReview = RequestReview()
    methods: Methods


class MethodsWritten(Frozen):
    """One `methods` block as written; `None` is a field that is not there."""

    comments: tuple[str, ...] | None = None
    comment_patterns: tuple[Pattern, ...] | None = None
    github_review: bool | None = None
    github_review_comment_patterns: tuple[Pattern, ...] | None = None
    body_patterns: tuple[Pattern, ...] | None = None

    def over(self, lower: Methods) -> Methods:
        """These fields, and those of `lower` where nothing is written."""
        written = _written(self)
        return Methods.model_validate({**dict(lower), **written}) if written else lower


class OptionsWritten(Frozen):
    """One `options` block as written; `None` is a field that is not there."""

    allow_author: bool | None = None
    allow_contributor: bool | None = None
    allow_non_author_contributor: bool | None = None
    invalidate_on_push: bool | None = None
    ignore_edited_comments: bool | None = None
    ignore_update_merges: bool | None = None
    ignore_commits_by: Actors | None = None
    request_review: RequestReview | None = None
    methods: MethodsWritten = MethodsWritten()

    def over(self, lower: Options) -> Options:
        """These fields, and those of `lower` where nothing is written."""
        methods = self.methods.over(lower.methods)
        return Options.model_validate({**dict(lower), **_written(self), "methods": methods})


BUILT_IN = Options(methods=Methods(comments=(":+1:", "👍"), github_review=True))


def read(value: Value) -> OptionsWritten:
    fields = value.fields((*FLAGS, "ignore_commits_by", "request_review", "methods"))
    ignored = fields["ignore_commits_by"]
    return OptionsWritten(
        **{flag: fields[flag].boolean() for flag in FLAGS},
        ignore_commits_by=None if ignored.is_absent else actors.read(ignored.fields(actors.KEYS)),
        request_review=_request_review(fields["request_review"]),
        methods=read_methods(fields["methods"]),
    )


def _request_review(value: Value) -> RequestReview | None:
    if value.is_absent:
        return None
    fields = value.fields(("enabled", "mode", "count"))
    return RequestReview(
        enabled=fields["enabled"].boolean() is True,
        mode=fields["mode"].text() or DEFAULT_MODE,
        count=fields["count"].integer(),
    )


def read_methods(value: Value) -> MethodsWritten:
    fields = value.fields(METHODS)
    return MethodsWritten(
        comments=fields["comments"].texts(),
        github_review=fields["github_review"].boolean(),
        **{method: patterns.read_all(fields[method]) for method in TEXT_METHODS},
    )


def _written(block: Frozen) -> dict[str, object]:
    return {name: value for name, value in block if value is not None}
