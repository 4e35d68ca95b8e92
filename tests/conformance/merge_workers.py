"""Workers that can be gone at any point, as by kill -9: nothing that they would still do reaches anything."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    @contextmanager
    def connection(self, url: str) -> Iterator[Transaction]:
        """A transaction of this worker, on a connection of its own."""
        self.check()
        options = f"-c lock_timeout={LOCK_SECONDS}s"
        with psycopg.Connection[dict[str, Any]].connect(url, row_factory=dict_row, options=options) as tx:
            self._open.append(tx)
            try:
                yield tx
                self.check()
            finally:
                self._open.remove(tx)

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
    """In place of a process's pool: a connection for each transaction, which is refused while Postgres is down."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def connection(self) -> Iterator[Transaction]:
        """Of the worker whose thread this is, or of the runner itself."""
        worker = Worker.here()
        if worker is not None:
            with worker.connection(self._url) as tx:
                yield tx
            return
        with psycopg.Connection[dict[str, Any]].connect(self._url, row_factory=dict_row) as tx:
            yield tx


class MortalGovernor(Governor):
    """A governor that a worker which is gone can't reach."""

    def _run(self, *arguments: Any, **options: Any) -> Any:
        worker = Worker.here()
        if worker is not None:
            worker.check()
        return super()._run(*arguments, **options)
