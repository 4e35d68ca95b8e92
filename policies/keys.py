"""Where the keys of a policy file belong, to help whoever put one in the wrong place."""

from difflib import get_close_matches

SIMILARITY_PERCENT = 60
MAX_NAME_CHARACTERS = 100
MAX_NAMES_COMPARED = 500
REMOTE = "remote"
ACTORS = ("users", "teams", "organizations", "permissions", "admins", "write_collaborators")
PREDICATES = (
    "changed_files",
    "no_changed_files",
    "only_changed_files",
    "file_added",
    "file_not_added",
    "file_deleted",
    "file_not_deleted",
    "has_author_in",
    "has_contributor_in",
    "only_has_contributors_in",
    "author_is_only_contributor",
    "targets_branch",
    "from_branch",
    "modified_lines",
    "has_status",
    "has_successful_status",
    "has_workflow_result",
    "has_labels",
    "repository",
    "title",
    "has_valid_signatures",
    "has_valid_signatures_by",
    "has_valid_signatures_by_keys",
    "custom_property_is_not_null",
    "custom_property_is_null",
    "custom_property_matches_any_of",
    "custom_property_matches_none_of",
)
PLACES: dict[str, tuple[str, ...]] = {
    "at the top of the policy file": ("policy", "approval_rules", "approval_defaults"),
    "at the top of the gate file": ("approve", "merge"),
    "under `policy`": ("approval", "disapproval"),
    "in an entry of `approval_rules` or `approve`": ("name", "description", "if", "options", "requires"),
    "under `requires`": ("count", "conditions", *ACTORS),
    "under `if` or `requires.conditions`": PREDICATES,
    "under `options`": (
        "allow_author",
        "allow_contributor",
        "allow_non_author_contributor",
        "invalidate_on_push",
        "ignore_edited_comments",
        "ignore_update_merges",
        "ignore_commits_by",
        "request_review",
        "methods",
    ),
    "under `options.methods`": (
        "comments",
        "comment_patterns",
        "github_review",
        "github_review_comment_patterns",
        "body_patterns",
    ),
    "under `options.request_review`": ("enabled", "mode"),
    "under `policy.disapproval.options.methods`": ("disapprove", "revoke"),
}


def hint(name: str, known: tuple[str, ...]) -> str:
    """Where an unknown key belongs, or which of those known here it may be meant to be; empty if neither is told."""
    if name == REMOTE:
        return "a file that refers to another one holds only `remote`, `path` and `ref`"
    places = [place for place, keys in PLACES.items() if name in keys]
    return f"`{name}` belongs {' or '.join(places)}" if places else nearest(name, known)


def nearest(name: str, known: tuple[str, ...]) -> str:
    """What may be meant; empty if nothing is like it, or where comparing would take long."""
    if len(name) > MAX_NAME_CHARACTERS:
        return ""
    short = [other for other in known[:MAX_NAMES_COMPARED] if len(other) <= MAX_NAME_CHARACTERS]
    close = get_close_matches(name, short, n=1, cutoff=SIMILARITY_PERCENT / 100)
    return f"did you mean `{close[0]}`?" if close else ""
