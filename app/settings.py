"""Every setting, read once from the environment and `NAME_FILE` files, or one sentence saying what is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

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

MINIMUM_SECRET_BYTES = 16


class SettingsError(Exception):
    """A setting is missing, malformed or weak; the message names each one and what it should be, a line each."""


def _words(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be a URL such as https://gate.example.org")
    return value.rstrip("/")


def _scheme(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if urlsplit(value).scheme not in schemes:
            raise ValueError(f"should be a URL that begins with {' or '.join(s + '://' for s in schemes)}")
        return value

    return AfterValidator(check)


def _strong(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"should be at least {MINIMUM_SECRET_BYTES} bytes long")
    return value


def _repository(value: str) -> str:
    owner, slash, name = value.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise ValueError(f"should list repositories as owner/name, not {value!r}")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Repositories = Annotated[tuple[Annotated[str, AfterValidator(_repository)], ...], BeforeValidator(_words)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Secret = Annotated[SecretStr, AfterValidator(_strong)]


class Settings(BaseModel):
    """The settings table of the README, typed; field `database_url` is the variable `DATABASE_URL`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, _scheme("postgresql", "postgres")]
    redis_url: Annotated[str, _scheme("redis", "rediss")]
    broker_url: Annotated[str, _scheme("redis", "rediss", "amqp", "amqps")]

    webhook_secret: Secret
    webhook_previous_secret: Secret | None = None
    webhook_previous_secret_until: Annotated[str | None, Field(description="ISO 8601 with offset")] = None
    accept_form: bool = False
    allowed_networks: Words = ()
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0

    public_url: HttpUrl = "http://127.0.0.1:8080"
    bind: str = "127.0.0.1:8080"
    flower_bind: str = "127.0.0.1:5555"
    web_workers: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=1, le=256)] = 8
    metrics_token: Secret | None = None

    github_reader: Literal["local", "live"] = "local"
    github_projector: Literal["local", "live"] = "local"
    github_api_url: HttpUrl = "https://api.github.com"
    github_app_id: Annotated[int | None, Field(gt=0)] = None
    github_private_key: SecretStr | None = None
    status_context: Annotated[str, Field(min_length=1, max_length=100)] = "mergegate"
    policy_path: Annotated[str, Field(min_length=1, max_length=255)] = ".policy.yml"

    allowed_repositories: Repositories = ()
    allowed_writes: Words = ("status",)

    evaluations_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 120
    lease_seconds: Annotated[int, Field(ge=2, le=3600)] = 60
    fold_seconds: Annotated[int, Field(ge=0, le=60)] = 1
    settle_seconds: Annotated[int, Field(ge=0, le=3600)] = 15
    sweep_seconds: Annotated[int, Field(ge=1, le=3600)] = 10
    worker_concurrency: Annotated[int, Field(ge=1, le=256)] = 2

    @model_validator(mode="after")
    def _live_needs_an_app(self) -> Self:
        live = "live" in (self.github_reader, self.github_projector)
        if live and not (self.github_app_id and self.github_private_key):
            raise ValueError("a live GITHUB_READER or GITHUB_PROJECTOR needs GITHUB_APP_ID and GITHUB_PRIVATE_KEY")
        return self


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environ`; `NAME_FILE` names a file whose content, less one trailing newline, is `NAME`.

    Raises `SettingsError` with one sentence for each setting that is wrong.
    """
    given = {name: value for name in Settings.model_fields if (value := _read(name.upper(), environ)) is not None}
    try:
        return Settings.model_validate(given)
    except ValidationError as wrong:
        raise SettingsError("\n".join(_sentence(error["loc"], error["msg"]) for error in wrong.errors())) from None


def _read(name: str, environ: Mapping[str, str]) -> str | None:
    file = environ.get(f"{name}_FILE")
    if file is None:
        return environ.get(name)
    if name in environ:
        raise SettingsError(f"{name} and {name}_FILE are both set; set one of them.")
    try:
        return Path(file).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as trouble:
        raise SettingsError(f"{name}_FILE names a file that cannot be read as text: {trouble}.") from None


def _sentence(where: tuple[int | str, ...], message: str) -> str:
    said = message.removeprefix("Value error, ")
    if not where:
        return f"{said}."
    name = str(where[0]).upper()
    return f"{name} is not set; it is required." if said == "Field required" else f"{name}: {said}."
