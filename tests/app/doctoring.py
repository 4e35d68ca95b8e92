"""Doctor on a simulated GitHub, as tests have it look."""

from typing import Any

from app import doctor
from app.doctor import Report
from app.github.reader import LiveReader
from app.records import gate_findings
from tests.tasks.house import REPOSITORY, House

OURS = "mergegate: main"


def app_id(house: House) -> int:
    return house.context.settings.github_app_id or 0


def inspect(house: House, *bases: str) -> Report:
    context = house.context
    assert isinstance(context.reader, LiveReader)
    with context.pool.connection() as tx:
        own, received_at = doctor.own(tx, house.context.settings, REPOSITORY, bases), doctor.last_received_at(tx)
    report = doctor.inspect(context.reader, context.settings, [own], received_at=received_at, clock=context.clock)
    with context.pool.connection() as tx:
        doctor.record(tx, report, app_id(house))
    return report


def codes(house: House, *bases: str) -> dict[tuple[str, str], str]:
    found = inspect(house, *bases).findings
    return {(finding.code, finding.subject.partition(":")[2]): finding.severity for finding in found}


def counts(house: House, branch: str = "main") -> bool:
    with house.context.pool.connection() as tx:
        return gate_findings.of(tx, house.repository_id, branch).is_required_at(house.clock())


def require(house: House, **more: Any) -> None:
    house.github.add_ruleset(REPOSITORY, checks=[(OURS, app_id(house))], **more)
