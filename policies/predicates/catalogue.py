"""All conditions of `if` by key, in the order in which they are evaluated."""

from policies.predicates.author_is_only_contributor import AuthorIsOnlyContributor
from policies.predicates.changed_files import ChangedFiles
from policies.predicates.custom_property_is_not_null import CustomPropertyIsNotNull
from policies.predicates.custom_property_is_null import CustomPropertyIsNull
from policies.predicates.custom_property_matches_any_of import CustomPropertyMatchesAnyOf
from policies.predicates.custom_property_matches_none_of import CustomPropertyMatchesNoneOf
from policies.predicates.file_added import FileAdded
from policies.predicates.file_deleted import FileDeleted
from policies.predicates.file_not_added import FileNotAdded
from policies.predicates.file_not_deleted import FileNotDeleted
from policies.predicates.from_branch import FromBranch
from policies.predicates.has_author_in import HasAuthorIn
from policies.predicates.has_contributor_in import HasContributorIn
from policies.predicates.has_labels import HasLabels
from policies.predicates.has_status import HasStatus
from policies.predicates.has_successful_status import HasSuccessfulStatus
from policies.predicates.has_valid_signatures import HasValidSignatures
from policies.predicates.has_valid_signatures_by import HasValidSignaturesBy
from policies.predicates.has_valid_signatures_by_keys import HasValidSignaturesByKeys
from policies.predicates.has_workflow_result import HasWorkflowResult
from policies.predicates.modified_lines import ModifiedLines
from policies.predicates.no_changed_files import NoChangedFiles
from policies.predicates.only_changed_files import OnlyChangedFiles
from policies.predicates.only_has_contributors_in import OnlyHasContributorsIn
from policies.predicates.predicate import Predicate
from policies.predicates.repository import Repository
from policies.predicates.targets_branch import TargetsBranch
from policies.predicates.title import Title
from policies.reading import Value

IN_ORDER: tuple[type[Predicate], ...] = (
    ChangedFiles,
    NoChangedFiles,
    OnlyChangedFiles,
    FileAdded,
    FileNotAdded,
    FileDeleted,
    FileNotDeleted,
    HasAuthorIn,
    HasContributorIn,
    OnlyHasContributorsIn,
    AuthorIsOnlyContributor,
    TargetsBranch,
    FromBranch,
    ModifiedLines,
    HasStatus,
    HasSuccessfulStatus,
    HasWorkflowResult,
    HasLabels,
    Repository,
    Title,
    HasValidSignatures,
    HasValidSignaturesBy,
    HasValidSignaturesByKeys,
    CustomPropertyIsNotNull,
    CustomPropertyIsNull,
    CustomPropertyMatchesAnyOf,
    CustomPropertyMatchesNoneOf,
)
KEYS = tuple(kind.key for kind in IN_ORDER)


def read(value: Value) -> tuple[Predicate, ...]:
    """The conditions written in one map; a condition that is null is not there."""
    if value.is_absent:
        return ()
    fields = value.fields(KEYS)
    written = ((kind, fields[kind.key]) for kind in IN_ORDER)
    return tuple(kind.read(arguments) for kind, arguments in written if not arguments.is_absent)
