"""Every setting, read once from the environment and `NAME_FILE` files, or one sentence saying what is wrong."""

import ipaddress
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from policies.intents import KINDS

MINIMUM_SECRET_BYTES = 16
MAXIMUM_PORT = 65_535


class SettingsError(Exception):
    """A setting is missing, malformed or weak; the message names each one and what it should be, a line each."""


def _words(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _split(url: str) -> SplitResult | None:
    """The parts of a URL whose host and port can be read; nothing of a bad one is repeated, it may hold a password."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.hostname else None
    except ValueError:
        return None


def _http_url(value: str) -> str:
    parts = _split(value)
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be a URL such as https://gate.example.org")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("should be a URL without a user, a query and a fragment")
    return value.rstrip("/")


def _https_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("should begin with https://, since tokens are sent there")
    return value


def _service(*schemes: str) -> AfterValidator:
    beginnings = " or ".join(f"{scheme}://" for scheme in schemes)

    def check(value: str) -> str:
        parts = _split(value)
        if not parts or parts.scheme not in schemes:
            raise ValueError(f"should be a URL that begins with {beginnings}")
        if not parts.hostname and "host=" not in parts.query:
            raise ValueError("should be a URL that names a host")
        return value

    return AfterValidator(check)


def _strong(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(text.encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"should be at least {MINIMUM_SECRET_BYTES} bytes long")
    if text != text.strip():
        raise ValueError("should not begin or end with white space")
    return value


def _private_key(value: SecretStr) -> SecretStr:
    try:
        key = load_pem_private_key(value.get_secret_value().encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("should be the App's RSA private key in PEM form, without a passphrase")
    return value


def _repository(value: str) -> str:
    owner, slash, name = value.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise ValueError(f"should list repositories as owner/name, not {value!r}")
    return value


def _kind(value: str) -> str:
    if value not in KINDS:
        raise ValueError(f"should list kinds of writes ({', '.join(KINDS)}), not {value!r}")
    return value


def _network(value: object) -> object:
    try:
        return ipaddress.ip_network(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"should list networks such as 192.30.252.0/22, not {value!r}") from None


def _moment(value: object) -> object:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("should be a moment with its offset, such as 2027-01-31T18:00:00+00:00")
    return moment


def _bind(value: str) -> str:
    host_and_port(value)
    return value


def _loopback_bind(value: str) -> str:
    if not is_loopback(host_and_port(value)[0]):
        raise ValueError("should be on loopback, such as 127.0.0.1:5555: Flower asks nobody who they are")
    return value


def _relative_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not value.isprintable():
        raise ValueError("should be a path inside a repository, such as .policy.yml")
    return value


def host_and_port(bind: str) -> tuple[str, int]:
    """The two parts of `127.0.0.1:8080` or `[::1]:8080`, brackets removed; raises `ValueError`."""
    host, _, port = bind.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if (
        not bare
        or not (port.isascii() and port.isdigit())
        or int(port) > MAXIMUM_PORT
        or (":" in bare) != (bare != host)
    ):
        raise ValueError("should be a host and a port, such as 127.0.0.1:8080")
    return bare, int(port)


def is_loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Hidden = Field(repr=False)
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Repositories = Annotated[tuple[Annotated[str, AfterValidator(_repository)], ...], BeforeValidator(_words)]
Kinds = Annotated[tuple[Annotated[str, AfterValidator(_kind)], ...], BeforeValidator(_words)]
Secret = Annotated[SecretStr, AfterValidator(_strong)]
PrivateKey = Annotated[SecretStr, AfterValidator(_private_key)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Network = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_words)]


class Settings(BaseModel):
    """The settings table of the README, typed; field `database_url` is the variable `DATABASE_URL`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, _service("postgresql", "postgres"), Hidden]
    redis_url: Annotated[str, _service("redis", "rediss"), Hidden]
    broker_url: Annotated[str, _service("redis", "rediss", "amqp", "amqps"), Hidden]

    webhook_secret: Secret
    webhook_previous_secret: Secret | None = None
    webhook_previous_secret_until: Moment | None = None
    accept_form: bool = False
    allowed_networks: Networks = ()
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0

    public_url: HttpUrl = "http://127.0.0.1:8080"
    bind: Annotated[str, AfterValidator(_bind)] = "127.0.0.1:8080"
    flower_bind: Annotated[str, AfterValidator(_loopback_bind)] = "127.0.0.1:5555"
    web_workers: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=1, le=256)] = 8
    metrics_token: Secret | None = None

    github_reader: Literal["local", "live"] = "local"
    github_projector: Literal["local", "live"] = "local"
    github_api_url: Annotated[HttpUrl, AfterValidator(_https_url)] = "https://api.github.com"
    github_app_id: Annotated[int | None, Field(gt=0)] = None
    github_private_key: PrivateKey | None = None
    github_timeout_seconds: Annotated[int, Field(ge=1, le=30)] = 12
    status_context: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[ -~]+$")] = "mergegate"
    policy_path: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_relative_path)] = ".policy.yml"

    allowed_repositories: Repositories = ()
    allowed_writes: Kinds = ("status",)

    evaluations_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 120
    lease_seconds: Annotated[int, Field(ge=2, le=100)] = 60
    fold_seconds: Annotated[int, Field(ge=0, le=60)] = 1
    settle_seconds: Annotated[int, Field(ge=0, le=3600)] = 15
    sweep_seconds: Annotated[int, Field(ge=1, le=3600)] = 10
    worker_concurrency: Annotated[int, Field(ge=1, le=256)] = 2

    @model_validator(mode="after")
    def _live_needs_an_app(self) -> Self:
        live = "live" in (self.github_reader, self.github_projector)
        if live and not (self.github_app_id and self.github_private_key):
            raise ValueError("A live GITHUB_READER or GITHUB_PROJECTOR needs GITHUB_APP_ID and GITHUB_PRIVATE_KEY")
        return self

    @model_validator(mode="after")
    def _an_old_secret_ends(self) -> Self:
        if (self.webhook_previous_secret is None) != (self.webhook_previous_secret_until is None):
            raise ValueError("WEBHOOK_PREVIOUS_SECRET and WEBHOOK_PREVIOUS_SECRET_UNTIL need each other")
        return self


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environ`; `NAME_FILE` names a file whose content, less one trailing newline, is `NAME`.

    Raises `SettingsError` with one sentence for each setting that is wrong.
    """
    given: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in Settings.model_fields:
        try:
            given |= _read(field, environ)
        except SettingsError as trouble:
            wrong[field] = str(trouble)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as errors:
        raise SettingsError("\n".join(_sentences(errors, wrong))) from None
    if wrong:
        raise SettingsError("\n".join(wrong.values()))
    return settings


def read(field: str, environ: Mapping[str, str]) -> str | None:
    """The text of one setting, checked alone; `None` where it is not set. Raises `SettingsError`."""
    given = _read(field, environ)
    try:
        Settings.model_validate(given)
    except ValidationError as errors:
        for error in errors.errors():
            if field in given and error["loc"][:1] == (field,):
                raise SettingsError(_sentence(field, error["msg"])) from None
    return given.get(field)


def _read(field: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The field with its value, or nothing where it is not set."""
    name = field.upper()
    file, value = environ.get(f"{name}_FILE"), environ.get(name)
    if file is None:
        return {} if value is None else {field: value}
    if value is not None:
        raise SettingsError(f"{name} and {name}_FILE are both set; set one of them.")
    return {field: _content(Path(file), f"{name}_FILE")}


def _content(file: Path, name: str) -> str:
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as trouble:
        raise SettingsError(f"{name} names a file that cannot be read: {trouble.strerror}.") from None
    except (ValueError, UnicodeDecodeError):
        raise SettingsError(f"{name} should name a file of UTF-8 text.") from None


def _sentences(errors: ValidationError, wrong: dict[str, str]) -> list[str]:
    """One for each setting that is wrong; what is already known to be `wrong` with one comes first."""
    said = dict(wrong)
    for error in errors.errors():
        field = str(error["loc"][0]) if error["loc"] else error["msg"]
        said.setdefault(field, _sentence(field if error["loc"] else "", error["msg"]))
    return list(said.values())


def _sentence(field: str, message: str) -> str:
    if message == "Field required":
        return f"{field.upper()} is not set; it is required."
    said = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    return f"{field.upper()} {said}.".lstrip()
