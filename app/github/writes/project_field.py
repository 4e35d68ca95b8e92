"""One field of a pull request's item in a project: set to the same option twice, it is set once."""

from collections.abc import Container
from dataclasses import dataclass

from app.github import queries
from app.github.answers import refusal_of_mutation
from app.github.client import Answer
from app.github.endings import Refused, Written
from app.github.project_items import ProjectField
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import OK, read
from app.permits import Request
from policies.contents import ProjectFieldContent

MUTATION = "updateProjectV2ItemFieldValue"


@dataclass(frozen=True)
class ProjectFieldWrite:
    """https://docs.github.com/en/graphql/reference/mutations#updateprojectv2itemfieldvalue"""

    repository_id: int
    content: ProjectFieldContent

    def request(self) -> Request:
        """The fixed document, with nothing but the content's ids."""
        wanted = self.content
        variables = {
            "project": wanted.project_id,
            "item": wanted.item_id,
            "field": wanted.field_id,
            "option": wanted.option_id,
        }
        return Request("POST", queries.GRAPHQL, {"query": queries.SET_PROJECT_FIELD.text, "variables": variables})

    def obstacle(self, reader: LiveReader, place: Place) -> Refused | None:
        """The ids are this pull request's item, and an option of the name that was wished for."""
        wanted = self.content
        shown = self._shown(reader, place)
        if shown.repository_id != self.repository_id or shown.number != wanted.number:
            return Refused(None, "REMOTE_MISMATCH", f"The project's item is not that of #{wanted.number}.")
        if shown.options.get(wanted.option_id) != wanted.option:
            return Refused(None, "OPTION_MISMATCH", "The option has another name than the one that was wished for.")
        return None

    def ending(self, answer: Answer) -> Written | Refused | None:
        """Confirmed by the item's id."""
        if (refused := refusal_of_mutation(answer)) is not None:
            return Refused(answer.status, "GITHUB_API_ERROR", f"GitHub refused: {refused}")
        changed = read(read(read(answer).get("data")).get(MUTATION))
        same = answer.status == OK and read(changed.get("projectV2Item")).get("id") == self.content.item_id
        return Written(OK, self.content.item_id) if same else None

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """By what the field says now."""
        chosen = self._shown(reader, place).chosen
        return Written(None, self.content.item_id) if chosen == self.content.option_id else None

    def _shown(self, reader: LiveReader, place: Place) -> ProjectField:
        return reader.project_field(place, self.content.item_id, self.content.field_id)
