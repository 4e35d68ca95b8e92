"""What stands beside a pull request: our one comment, labels, a field of a project."""

import hashlib
import json
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from policies.contents.fields import Body, Fact, Kind, Label, Name, Names, Number, Switch, listed
from policies.text import plain, quoted, short

SHOWN_CHARACTERS = 200
DONE = "done"
CommentBody = Annotated[Body, Field(min_length=1)]
NodeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_=+/-]{1,255}\z")]


class CommentCreateContent(Fact):
    """The one comment of ours on a pull request, where there is none yet."""

    kind: ClassVar[Kind] = "comment_create"
    switches: ClassVar[tuple[Switch, ...]] = ("comment_create",)

    number: Number
    body: CommentBody

    def target_in(self, repository_id: int) -> str:
        """Our comment on a pull request, made or changed."""
        return comment_target(repository_id, self.number)

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return f"comment on #{self.number}: {short(self.body, SHOWN_CHARACTERS)}"


class CommentUpdateContent(Fact):
    """What our one comment on a pull request says from now on."""

    kind: ClassVar[Kind] = "comment_update"
    switches: ClassVar[tuple[Switch, ...]] = ("comment_update",)

    number: Number
    comment_id: Number
    body: CommentBody

    def target_in(self, repository_id: int) -> str:
        """Our comment on a pull request, made or changed."""
        return comment_target(repository_id, self.number)

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return f"change our comment on #{self.number}: {short(self.body, SHOWN_CHARACTERS)}"


class LabelAddContent(Fact):
    """Labels that a pull request gets besides those it has."""

    kind: ClassVar[Kind] = "label_add"
    switches: ClassVar[tuple[Switch, ...]] = ("label_add",)

    number: Number
    labels: Annotated[Names, Field(min_length=1)]

    def target_in(self, repository_id: int) -> str:
        """These labels of a pull request: wishes for others are beside this one, not instead of it."""
        return labels_target(repository_id, self.number, self.labels)

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"label #{self.number} with {listed([quoted(label) for label in self.labels])}")


class LabelRemoveContent(Fact):
    """A label that a pull request loses."""

    kind: ClassVar[Kind] = "label_remove"
    switches: ClassVar[tuple[Switch, ...]] = ("label_remove",)

    number: Number
    label: Label

    def target_in(self, repository_id: int) -> str:
        """This label of a pull request."""
        return labels_target(repository_id, self.number, (self.label,))

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"take the label {quoted(self.label)} off #{self.number}")


class ProjectFieldContent(Fact):
    """One single-select field of a pull request's item in a project, by node ids; never the option Done."""

    kind: ClassVar[Kind] = "project_field"
    switches: ClassVar[tuple[Switch, ...]] = ("project_field",)

    number: Number
    project_id: NodeId
    item_id: NodeId
    field_id: NodeId
    option_id: NodeId
    option: Name

    @field_validator("option")
    @classmethod
    def _never_done(cls, option: str) -> str:
        if "".join(filter(str.isalnum, option)).casefold() == DONE:
            raise ValueError("nothing is moved to Done through this gate")
        return option

    def target_in(self, repository_id: int) -> str:
        """A field of an item."""
        return f"{self.kind}:{repository_id}:{self.item_id}:{self.field_id}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"set the project's field {self.field_id} of #{self.number} to {quoted(self.option)}")


def labels_target(repository_id: int, number: int, labels: tuple[str, ...]) -> str:
    """The name of these labels on a pull request, whichever way they are written; GitHub minds no case."""
    names = json.dumps(sorted({label.casefold() for label in labels}))
    return f"labels:{repository_id}:{number}:{hashlib.sha256(names.encode()).hexdigest()}"


def comment_target(repository_id: int, number: int) -> str:
    """The name of the one comment of ours on a pull request."""
    return f"comment:{repository_id}:{number}"
