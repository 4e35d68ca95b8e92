"""Which services a command uses: the ones its environment names, else embedded ones."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app import settings
from app.embedded import home, postgres, redis

POSTGRES, REDIS = "postgres", "redis"
BROKER_DATABASE = 1


@contextmanager
def database(environ: Mapping[str, str]) -> Iterator[str]:
    """The URL of the database: the one named, the embedded one that runs, or the embedded one run for this while."""
    if (named := settings.read("database_url", environ)) is not None:
        yield named
        return
    with postgres.reached(home.home(environ) / POSTGRES) as url:
        yield url


@contextmanager
def all_running(environ: Mapping[str, str], directory: Path) -> Iterator[dict[str, str]]:
    """Run what `environ` does not name; yields the variables that name it, to be added to `environ`."""
    added: dict[str, str] = {}
    with ExitStack() as stack:
        if not is_set("DATABASE_URL", environ):
            added["DATABASE_URL"] = stack.enter_context(postgres.running(directory / POSTGRES))
        if not is_set("REDIS_URL", environ):
            added["REDIS_URL"] = stack.enter_context(redis.running(directory / REDIS))
        if not is_set("BROKER_URL", environ):
            added |= _broker({**environ, **added}, added)
        yield added


def is_set(name: str, environ: Mapping[str, str]) -> bool:
    """Whether `NAME` or `NAME_FILE` is there."""
    return name in environ or f"{name}_FILE" in environ


def _broker(environ: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """A database of its own in our Redis; in somebody else's the very one we were given: others may be denied."""
    if (embedded := added.get("REDIS_URL")) is not None:
        return {"BROKER_URL": f"{embedded.rpartition('/')[0]}/{BROKER_DATABASE}"}
    named = settings.read("redis_url", environ)
    return {} if named is None else {"BROKER_URL": named}
