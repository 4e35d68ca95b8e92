"""What administrators set about merging: protection, rulesets, methods, and whom none of it binds, silently."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from app.simulator.guards import Protection, Required, Ruleset
from app.simulator.merging import Merging
from app.simulator.records import Repository

Named = str | tuple[str, int | None]  # a context, with the id of the App that has to report it


class Guarding(Merging):
    def protect(
        self, full_name: str, branch: str = "main", *, checks: Iterable[Named] | None = None, **more: Any
    ) -> Protection:
        """Classic protection, in place of what there was; `more` are fields of `guards.Protection`.

        Without checks that section is missing.
        """
        with self.changing() as state:
            made = Protection(checks=_required(checks), **more)
            state.repository(full_name).protections[branch] = made
            return made

    def unprotect(self, full_name: str, branch: str = "main") -> None:
        with self.changing() as state:
            state.repository(full_name).protections.pop(branch, None)

    def add_ruleset(
        self,
        full_name: str,
        *,
        checks: Iterable[Named] | None = None,
        name: str = "rules",
        source: str | None = None,
        **more: Any,
    ) -> Ruleset:
        """`more` are fields of `guards.Ruleset`: branches, enforcement, strict, approvals, methods, queue.

        The source is the repository, unless it is the organization (its login).
        """
        with self.changing() as state:
            made = Ruleset(
                id=self.next_id(),
                name=name,
                source=source or full_name,
                created_at=self.now(),
                checks=_required(checks),
                **more,
            )
            state.repository(full_name).rulesets[made.id] = made
            return made

    def change_ruleset(self, full_name: str, ruleset_id: int, **fields: Any) -> Ruleset:
        """Set fields of `guards.Ruleset`; `checks` as in `add_ruleset`."""
        with self.changing() as state:
            known = state.repository(full_name).rulesets
            if "checks" in fields:
                fields["checks"] = _required(fields["checks"])
            known[ruleset_id] = dataclasses.replace(known[ruleset_id], **fields)
            return known[ruleset_id]

    def remove_ruleset(self, full_name: str, ruleset_id: int) -> None:
        with self.changing() as state:
            del state.repository(full_name).rulesets[ruleset_id]

    def let_pass(self, full_name: str, *app_ids: int) -> None:
        """These Apps and no others stand on the bypass lists of all that guards the repository."""
        with self.changing() as state:
            state.repository(full_name).bypass_apps = app_ids

    def set_up(self, full_name: str, **fields: Any) -> Repository:
        """Set fields of `records.Repository`: merge_methods, auto_merge, delete_branch_on_merge, archived, visible."""
        with self.changing() as state:
            repository = state.repository(full_name)
            for name, value in fields.items():
                if not hasattr(repository, name):
                    raise AttributeError(f"a repository has no {name}")
                setattr(repository, name, value)
            return repository

    def replace_id(self, full_name: str, number: int) -> Repository:
        """Another repository of the same name stands there now."""
        with self.changing() as state:
            repository = state.repository(full_name)
            del state.repositories[repository.id]
            for place, pull in repository.pulls.items():
                if pull.head_repository_id == repository.id:
                    repository.pulls[place] = dataclasses.replace(pull, head_repository_id=number)
            repository.id = number
            state.repositories[number] = repository
            return repository


def _required(checks: Iterable[Named] | None) -> tuple[Required, ...] | None:
    if checks is None:
        return None
    return tuple(
        Required(context=one) if isinstance(one, str) else Required(context=one[0], app_id=one[1]) for one in checks
    )
