"""`custom_property_matches_none_of`: none of these custom properties matches any of its patterns."""

from typing import ClassVar

from policies.predicates.custom_property_matches_any_of import CustomPropertyMatchesAnyOf


class CustomPropertyMatchesNoneOf(CustomPropertyMatchesAnyOf):
    """The same question as `custom_property_matches_any_of`, turned around."""

    key: ClassVar[str] = "custom_property_matches_none_of"
    wants_match: ClassVar[bool] = False
