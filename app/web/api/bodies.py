"""What bodies and queries of the API are made of: camelCase, strict where a client sends them, and lists in parts."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from app import cursors
from app.cursors import Mark

MOST_ITEMS = 200
FEWEST_ITEMS = 50
HIGHEST_OFFSET = 1_000_000

T = TypeVar("T")
Document = dict[str, Any]
_WORD = {"type": "string", "pattern": f"^{cursors.PATTERN}$"}
After = Annotated[Mark, BeforeValidator(cursors.read), WithJsonSchema(_WORD)]


class RequestBody(BaseModel):
    """What a client sends: camelCase JSON, strict, nothing unknown in it."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
    )


class ResponseBody(BaseModel):
    """What a client gets, in camelCase."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Query(BaseModel):
    """What stands after the question mark; all of it is text there, so numbers are read from it."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Paging(Query):
    """Which part of a list; `after`: what `next` of the part before says, None for its beginning."""

    limit: Annotated[int, Field(ge=1, le=MOST_ITEMS)] = FEWEST_ITEMS
    after: After | None = None


class Window(Query):
    """Which part of a list that is counted."""

    limit: Annotated[int, Field(ge=1, le=MOST_ITEMS)] = FEWEST_ITEMS
    offset: Annotated[int, Field(ge=0, le=HIGHEST_OFFSET)] = 0


class Page(ResponseBody, Generic[T]):
    """A part of a list; `next`: where it goes on, null at its end."""

    items: tuple[T, ...]
    limit: int
    next: str | None
