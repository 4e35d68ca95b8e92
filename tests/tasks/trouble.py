"""What may befall Postgres in the middle of a step: every connection is cut, or the disk is full for a while."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

import psycopg

from tests.tasks.house import House

CUT = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# Who holds this lock fills the disk, and whoever lets it go makes room: without a change of the schema under way.
# A statement that begins then fails at once, and what was written before fails at its commit.
FILL = "SELECT pg_advisory_lock(53100, 53100)"
CAN_FILL = """
CREATE OR REPLACE FUNCTION refuse_where_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 53100 AND objid = 53100
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
    END IF;
    RETURN NULL;
END $$;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
        AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('CREATE TRIGGER refuse_where_full BEFORE INSERT OR UPDATE ON %I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_where_full()', name);
        EXECUTE format('CREATE CONSTRAINT TRIGGER refuse_to_commit_where_full AFTER INSERT OR UPDATE ON %I'
                       ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_where_full()', name);
    END LOOP;
END $$;
"""
ROUNDS = 12
FULL_ROUNDS = 2
"""So many rounds the disk stays full."""

Befall = Callable[["Trouble"], None]


@dataclass
class Trouble:
    """`other` is a connection that no trouble befalls; `met`: the trouble has come."""

    house: House
    other: psycopg.Connection
    met: bool = False
    failed: list[str] = field(default_factory=list)

    def attempt(self, work: Callable[[], object]) -> bool:
        """Do it as a worker does, which notes the failure and lives; whether it came to its end."""
        try:
            work()
        except psycopg.OperationalError as failure:
            self.failed.append(type(failure).__name__)
            return False
        return True

    def live(self, seconds: int) -> None:
        """Time goes by, and beat and workers do what they do."""
        for turn in range(ROUNDS):
            if turn == FULL_ROUNDS:
                self.end()
            self.attempt(self.house.sweep)
            self.house.clock.forward(seconds)

    def end(self) -> None:
        """There is room again."""
        self.other.execute("SELECT pg_advisory_unlock_all()")


def cut(trouble: Trouble) -> None:
    """Every connection ends, in whatever transaction it is."""
    trouble.other.execute(CUT.encode())


def fill(trouble: Trouble) -> None:
    """No row is written any more."""
    trouble.other.execute(FILL.encode())


@contextmanager
def befalling(house: House, point: str, befall: Befall) -> Iterator[Trouble]:
    """The trouble comes at that checkpoint, once, and what is done in the block has to get there."""
    with _beside(house) as other:
        other.execute(CAN_FILL.encode())
        trouble = Trouble(house, other)

        def check(name: str) -> None:
            if name == point and not trouble.met:
                trouble.met = True
                befall(trouble)

        calm, house.context = house.context, replace(house.context, checkpoint=check)
        yield trouble
        house.context = replace(house.context, checkpoint=calm.checkpoint)
        assert trouble.met


def _beside(house: House) -> AbstractContextManager[psycopg.Connection]:
    return psycopg.connect(house.context.settings.database_url, autocommit=True)
