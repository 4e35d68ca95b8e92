"""The final read of a merge, as tests make it."""

from app.github.reader import Place
from tasks import merge_facts
from tasks.merge_facts import Loaded
from tests.tasks.house import REPOSITORY, House


def place(house: House) -> Place:
    return Place(house.installation_id, house.repository_id)


def load(house: House) -> Loaded:
    return merge_facts.load(house.context, place(house), 1)


def head(house: House) -> str:
    return str(house.github.state.pull(REPOSITORY, 1).head_sha)


def rules(house: House, text: str | None) -> None:
    house.github.push(REPOSITORY, "main", {".mergegate.yml": text}, by="acme")
