"""What the operator of the server sets for every policy."""

from policies import options
from policies.facts import Frozen
from policies.options import OptionsWritten
from policies.reading import Problems, Value
from policies.yaml_tree import compose

TEXTS = ("policy_path", "shared_repository", "shared_policy_path", "status_check_context")
FLAGS = (
    "force_shared_policy",
    "expand_required_reviewers",
    "post_insecure_status_checks",
    "strict_review_dismissal",
)


class ServerOptions(Frozen):
    """`ignore_edited_comments` overrides every rule, `None` none; the other defaults give way to the policy's."""

    approval_defaults: OptionsWritten = OptionsWritten()
    ignore_edited_comments: bool | None = None
    force_shared_policy: bool = False
    expand_required_reviewers: bool = False
    post_insecure_status_checks: bool = False
    strict_review_dismissal: bool = False
    policy_path: str = ".policy.yml"
    shared_repository: str = ".github"
    shared_policy_path: str = "policy.yml"
    status_check_context: str = "mergegate"


BUILT_IN = ServerOptions()
KEYS = (*TEXTS, *FLAGS, "approval_defaults", "ignore_edited_comments")
BLOCK = "options"


def parse(text: str) -> ServerOptions:
    """The block alone, or with its own key above it. Raise `PolicyError` for anything not understood."""
    problems = Problems()
    whole = Value(compose(text), problems)
    fields = whole.fields((*KEYS, BLOCK))
    if not fields[BLOCK].is_absent:
        fields = whole.fields((BLOCK,))[BLOCK].fields(KEYS)
    written: dict[str, object] = {name: text for name in TEXTS if (text := fields[name].text())}
    written |= {name: fields[name].boolean() is True for name in FLAGS}
    written["ignore_edited_comments"] = fields["ignore_edited_comments"].boolean()
    written["approval_defaults"] = options.read(fields["approval_defaults"].fields(("options",))["options"])
    problems.raise_first()
    return ServerOptions.model_validate(written)
