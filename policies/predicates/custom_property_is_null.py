"""`custom_property_is_null`: the repository has a value for none of these custom properties."""

from typing import ClassVar

from policies.predicates.custom_property_is_not_null import CustomPropertyIsNotNull


class CustomPropertyIsNull(CustomPropertyIsNotNull):
    """The same question as `custom_property_is_not_null`, turned around."""

    key: ClassVar[str] = "custom_property_is_null"
    wants_value: ClassVar[bool] = False
