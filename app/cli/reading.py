"""A transaction for the commands that only read, on the database that the environment names or the embedded one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg
from psycopg.rows import dict_row

from app.cli import services
from app.database import CONNECT_SECONDS, Transaction


@contextmanager
def transaction() -> Iterator[Transaction]:
    """One read-only transaction, so that all that a command shows is of one moment."""
    with connection() as tx:
        tx.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        tx.read_only = True
        yield tx


@contextmanager
def steadily() -> Iterator[Transaction]:
    """A connection that only reads, each statement by itself, so that what takes long keeps no vacuum waiting."""
    with connection() as tx:
        tx.autocommit = True
        tx.execute("SET default_transaction_read_only = on")
        yield tx


@contextmanager
def connection() -> Iterator[Transaction]:
    """A connection that commits at the end; trouble with it is told in a sentence."""
    with services.database(os.environ) as url:
        try:
            with psycopg.connect(url, row_factory=dict_row, connect_timeout=CONNECT_SECONDS) as tx:
                yield tx
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            raise click.ClickException(
                "The database has no schema yet, or an old one; run: mergegate migrate up"
            ) from None
        except (UnicodeEncodeError, psycopg.DataError):
            raise click.ClickException("What was given holds characters that stand in no database.") from None
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as trouble:
            sentence = f"The database does not let this be done: {str(trouble).splitlines()[0]}"
            raise click.ClickException(sentence) from None
        except psycopg.OperationalError as trouble:
            raise click.ClickException(f"The database cannot be read: {str(trouble).splitlines()[0]}") from None
