"""What people do with projects, silently."""

import dataclasses

from app.simulator.projects import Field, Item, Option, Project
from app.simulator.shapes.view import node
from app.simulator.world import World

TITLE = "Title"


class Planning(World):
    """Projects are named by their ids."""

    def add_project(self, owner: str, title: str) -> Project:
        """Of an organization or a user; it has a field for titles, as all projects do."""
        with self.changing() as state:
            identity = self.next_id()
            project = Project(
                id=identity,
                node_id=node("PVT", identity),
                number=sum(one.owner == owner for one in state.projects.values()) + 1,
                owner=self.user(owner).login,
                title=title,
                created_at=self.now(),
            )
            state.projects[identity] = project
            self._add_field(project, "PVTF", TITLE, ())
            return project

    def project_field(self, project_id: int, name: str, options: tuple[str, ...]) -> Field:
        """A single select with these options."""
        with self.changing() as state:
            chosen = tuple(Option(id=f"{self.next_id():08x}", name=option) for option in options)
            return self._add_field(state.projects[project_id], "PVTSSF", name, chosen)

    def rename_option(self, project_id: int, field_id: int, option_id: str, name: str) -> Field:
        with self.changing() as state:
            fields = state.projects[project_id].fields
            options = [dataclasses.replace(o, name=name) if o.id == option_id else o for o in fields[field_id].options]
            fields[field_id] = dataclasses.replace(fields[field_id], options=tuple(options))
            return fields[field_id]

    def project_item(self, project_id: int, full_name: str, number: int, *, by: str | None = None) -> Item:
        """A pull request, put there by its author unless `by` says otherwise."""
        with self.changing() as state:
            repository, pull = state.repository(full_name), state.pull(full_name, number)
            place = (repository.id, number)
            return self._add_item(project_id, place, title=pull.title, by=by or pull.author)

    def project_draft(self, project_id: int, title: str, *, by: str) -> Item:
        with self.changing():
            return self._add_item(project_id, (None, None), title=title, by=by)

    def choose(self, project_id: int, item_id: int, field_id: int, option_id: str) -> Item:
        """Set the field of the item to that option."""
        with self.changing() as state:
            items = state.projects[project_id].items
            chosen = {**items[item_id].chosen, field_id: option_id}
            items[item_id] = dataclasses.replace(items[item_id], chosen=chosen, updated_at=self.now())
            return items[item_id]

    def remove_project_item(self, project_id: int, item_id: int) -> Item:
        with self.changing() as state:
            return state.projects[project_id].items.pop(item_id)

    def _add_field(self, project: Project, kind: str, name: str, options: tuple[Option, ...]) -> Field:
        identity = self.next_id()
        made = Field(id=identity, node_id=node(kind, identity), name=name, options=options, created_at=self.now())
        project.fields[identity] = made
        return made

    def _add_item(self, project_id: int, place: tuple[int | None, int | None], *, title: str, by: str) -> Item:
        identity, now = self.next_id(), self.now()
        made = Item(
            id=identity,
            node_id=node("PVTI", identity),
            repository_id=place[0],
            number=place[1],
            title=title,
            creator=self.user(by).login,
            created_at=now,
            updated_at=now,
        )
        self.state.projects[project_id].items[identity] = made
        return made
