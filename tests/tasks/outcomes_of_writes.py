"""Where the writes of a house stand."""

from tests.tasks.house import House

PERMITS = (
    "SELECT permits.outcome FROM permits JOIN decisions ON decisions.id = decision_id ORDER BY decisions.audit_seq"
)


def outcomes(house: House) -> list[str]:
    return [row["outcome"] for row in house.rows(PERMITS)]


def intent(house: House) -> str:
    return str(house.rows("SELECT status FROM intents ORDER BY sequence")[-1]["status"])


def begin(house: House) -> None:
    house.deliver_pull()
    house.work()
