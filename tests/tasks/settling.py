"""A house whose reviews of its own are evaluated and read back."""

from tasks import names
from tests.tasks.house import House


def evaluate_only(house: House) -> None:
    """The pull request is judged, and nothing is written yet."""
    house.clock.forward(10)
    house.deliver_pull(action="edited")
    while others := [message for message in house.sent if message[0] != names.WRITE]:
        house.sent.remove(others[0])
        house.run(*others[0])


def settle(house: House) -> None:
    """Let every wait end and every message get lost."""
    house.sent.clear()
    for seconds in (61, 20, 20, 20):
        house.clock.forward(seconds)
        house.sweep()
