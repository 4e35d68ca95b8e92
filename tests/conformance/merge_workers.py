"""Workers that can be gone at any point, as by kill -9: nothing that they would still do reaches anything."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.database import Transaction
from app.governor import Governor

LOCK_SECONDS = 10
"""As in production, a worker that waits for a lock gives up in time."""
JOIN_SECONDS = 60
_here = threading.local()


class Killed(BaseException):
    """The worker is gone; nobody may catch this."""


class Worker:
    """One worker at one task. `name` is that of its run; `error` what it ended with, if it was no answer."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self.name = name
        self.is_alive = True
        self.was_ended = False  # its run had come to an outcome before it began
        self.answer: object = None
        self.error: BaseException | None = None
        self.ended = threading.Event()
        self._work = work
        self._open: list[Transaction] = []
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @classmethod
    def here(cls) -> "Worker | None":
        """The worker whose thread this is."""
        return getattr(_here, "worker", None)

    def start(self) -> None:
        """Begin, beside whoever calls."""
        self._thread.start()

    def wait(self, or_until: Callable[[], bool] = lambda: False) -> bool:
        """Until it has ended, or something else is true; whether it has ended. Raises `TimeoutError`."""
        for _ in range(JOIN_SECONDS * 50):
            if self.ended.wait(0.02):
                return True
            if or_until():
                return False
        raise TimeoutError(f"the worker of {self.name} hangs")

    def kill(self) -> None:
        """From now on it does nothing; its connections close and what they had not committed is gone."""
        self.is_alive = False
        for connection in self._open:
            connection.close()

    def check(self) -> None:
        """Raise `Killed` where it is gone."""
        if not self.is_alive:
            raise Killed(self.name)

    def holds(self, connection: Transaction) -> None:
        """A connection that ends with it."""
        self._open.append(connection)

    def gives_back(self, connection: Transaction) -> None:
        """A connection that outlives it."""
        self._open.remove(connection)

    def _run(self) -> None:
        _here.worker = self
        try:
            self.answer = self._work()
        except Killed:
            pass
        except BaseException as trouble:  # noqa: BLE001 -- whatever a task ends with is what the scenario has to say
            self.error = trouble
        finally:
            self.ended.set()


class OwnPool:
    """In place of a process's pool: no connection waits for a Postgres that is down, none outlives its dead worker."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Transaction] = []

    @contextmanager
    def connection(self) -> Iterator[Transaction]:
        """A transaction of the worker whose thread this is, or of the runner itself."""
        worker = Worker.here()
        if worker is not None:
            worker.check()
        tx = self._connected()
        if worker is not None:
            worker.holds(tx)
        try:
            with _transaction(tx):
                yield tx
                if worker is not None:
                    worker.check()
        finally:
            if worker is not None:
                worker.gives_back(tx)
            if not tx.closed:
                self._idle.append(tx)

    def close(self) -> None:
        """Close what is open still."""
        while self._idle:
            self._idle.pop().close()

    def _connected(self) -> Transaction:
        """One that works, as a pool that checks them hands out. Raises `psycopg.OperationalError`."""
        while self._idle:
            tx = self._idle.pop()
            try:
                tx.execute("SELECT 1")
                tx.rollback()
            except psycopg.OperationalError:
                tx.close()
            else:
                return tx
        options = f"-c lock_timeout={LOCK_SECONDS}s"
        return psycopg.Connection[dict[str, Any]].connect(self._url, row_factory=dict_row, options=options)


@contextmanager
def _transaction(tx: Transaction) -> Iterator[None]:
    """Committed at the end; of a connection that is closed by then nothing is."""
    try:
        yield
        tx.commit()
    except BaseException:
        if not tx.closed:
            with suppress(psycopg.OperationalError):
                tx.rollback()
        raise


class MortalGovernor(Governor):
    """A governor that a worker which is gone can't reach."""

    def _run(self, *arguments: Any, **options: Any) -> Any:
        worker = Worker.here()
        if worker is not None:
            worker.check()
        return super()._run(*arguments, **options)
