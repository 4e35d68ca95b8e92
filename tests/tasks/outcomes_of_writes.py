"""Where the writes of a house stand."""

from tests.tasks.house import House


def outcomes(house: House) -> list[str]:
    return [row["outcome"] for row in house.rows("SELECT outcome FROM permits ORDER BY issued_at")]


def intent(house: House) -> str:
    return str(house.rows("SELECT status FROM intents ORDER BY sequence")[-1]["status"])


def begin(house: House) -> None:
    house.deliver_pull()
    house.work()
