"""Every setting, read once from the environment and `NAME_FILE` files, or one sentence saying what is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.setting_values import (
    AnchorPlace,
    ApiUrl,
    ArtifactStore,
    Bind,
    BrokerUrl,
    DatabaseUrl,
    HandedOver,
    HttpUrl,
    Kinds,
    LoopbackBind,
    Moment,
    Networks,
    PolicyOptions,
    PrivateKey,
    RedisUrl,
    Repositories,
    RepositoryPath,
    RepositoryWrites,
    Secret,
    StatusContext,
    Switches,
)
from policies.in_force import Ceiling
from policies.policy import Mode
from policies.server_options import BUILT_IN
from policies.standing import Required

DEPENDS_ON_ANOTHER = "default_factory_not_called"
"""pydantic's word for a setting that only follows another one, which is wrong."""


class SettingsError(Exception):
    """A setting is missing, malformed or weak; the message names each one and what it should be, a line each."""


class Settings(BaseModel):
    """The settings table of the README, typed; field `database_url` is the variable `DATABASE_URL`.

    `status_context` and `policy_path` are those of `policy_options` where they are not set themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: DatabaseUrl
    redis_url: RedisUrl
    broker_url: BrokerUrl

    webhook_secret: Secret
    webhook_previous_secret: Secret | None = None
    webhook_previous_secret_until: Moment | None = None
    accept_form: bool = False
    allowed_networks: Networks = ()
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0

    public_url: HttpUrl = "http://127.0.0.1:8080"
    bind: Bind = "127.0.0.1:8080"
    flower_bind: LoopbackBind = "127.0.0.1:5555"
    web_workers: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=1, le=256)] = 8
    metrics_token: Secret | None = None
    console_secret: Secret | None = None
    api_requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 600

    github_reader: Literal["local", "live"] = "local"
    github_projector: Literal["local", "live"] = "local"
    github_deliveries: Literal["local", "live"] = "local"
    github_merger: Literal["local", "live"] = "local"
    github_api_url: ApiUrl = "https://api.github.com"
    github_app_id: Annotated[int | None, Field(gt=0)] = None
    github_private_key: PrivateKey | None = None
    github_timeout_seconds: Annotated[int, Field(ge=1, le=30)] = 12

    policy_options: PolicyOptions = BUILT_IN
    policy_mode: Mode = "compat"
    strict_repositories: Repositories = ()
    status_context: StatusContext = Field(default_factory=lambda known: known["policy_options"].status_check_context)
    policy_path: RepositoryPath = Field(default_factory=lambda known: known["policy_options"].policy_path)
    gate_path: RepositoryPath = ".mergegate.yml"

    allowed_repositories: Repositories = ()
    allowed_writes: Kinds = ("status",)
    repository_writes: RepositoryWrites = {}
    approvals_required: Required = "run"
    approval_seconds: Annotated[int, Field(ge=60, le=30 * 86_400)] = 86_400
    settings_decide: HandedOver = ()

    merge_repositories: Repositories = ()
    merge_max_evaluation_seconds: Annotated[int, Field(ge=60, le=7 * 86_400)] = 3_600
    merge_max_read_seconds: Annotated[int, Field(ge=5, le=600)] = 60
    merge_settle_seconds: Annotated[int, Field(ge=5, le=3_600)] = 60
    merge_lease_seconds: Annotated[int, Field(ge=30, le=600)] = 120
    merge_request_hours: Annotated[int, Field(ge=1, le=30 * 24)] = 72
    evidence_hours: Annotated[int, Field(ge=1, le=30 * 24)] = 24

    artifact_store: ArtifactStore | None = None
    artifact_s3_endpoint: HttpUrl | None = None
    allow_workflow_files: bool = False

    audit_anchor: AnchorPlace | None = None
    audit_anchor_s3_endpoint: HttpUrl | None = None
    audit_anchor_seconds: Annotated[int, Field(ge=10, le=7 * 86_400)] = 3_600

    evaluations_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 120
    reevaluations_per_minute: Annotated[int, Field(ge=1, le=1_000)] = 30
    write_spacing_seconds: Annotated[int, Field(ge=0, le=60)] = 1
    notifying_spacing_seconds: Annotated[int, Field(ge=0, le=60)] = 3
    lease_seconds: Annotated[int, Field(ge=2, le=100)] = 60
    fold_seconds: Annotated[int, Field(ge=0, le=60)] = 1
    settle_seconds: Annotated[int, Field(ge=0, le=3600)] = 15
    sweep_seconds: Annotated[int, Field(ge=1, le=3600)] = 10
    reconcile_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    reconcile_hours: Annotated[int, Field(ge=1, le=168)] = 72
    worker_concurrency: Annotated[int, Field(ge=1, le=256)] = 2

    def bindings(self) -> str:
        """What the ways to GitHub are bound to, in a line."""
        bound = {"reader": self.github_reader, "projector": self.github_projector, "deliveries": self.github_deliveries}
        bound["merger"] = self.github_merger
        return " ".join(f"{way}={binding}" for way, binding in bound.items())

    def mode_of(self, repository: str) -> Mode:
        """The mode that is posted for a repository, given as owner/name; GitHub does not mind its case."""
        strict = {name.lower() for name in self.strict_repositories}
        return "strict" if repository.lower() in strict else self.policy_mode

    def writes_of(self, repository: str) -> tuple[str, ...]:
        """The switches that are on for a repository, given as owner/name: what is denied for it is off in any case."""
        own = self.repository_writes.get(repository, Switches())
        return tuple(switch for switch in (*self.allowed_writes, *own.allow) if switch not in own.deny)

    def ceiling_of(self, repository: str) -> Ceiling:
        """What operators' settings may allow in a repository, given as owner/name."""
        return Ceiling.model_validate(
            {
                "live": self.github_projector == "live",
                "repositories": self.allowed_repositories,
                "merge_repositories": self.merge_repositories,
                "kinds": self.writes_of(repository),
                "denied": self.repository_writes.get(repository, Switches()).deny,
                "approvals": self.approvals_required,
                "approval_seconds": self.approval_seconds,
                "evaluations_per_minute": self.evaluations_per_minute,
                "reevaluations_per_minute": self.reevaluations_per_minute,
                "handed": self.settings_decide,
            }
        )

    @model_validator(mode="after")
    def _live_needs_an_app(self) -> Self:
        live = "live" in (self.github_reader, self.github_projector, self.github_deliveries, self.github_merger)
        if live and not (self.github_app_id and self.github_private_key):
            bindings = "A live GITHUB_READER, GITHUB_PROJECTOR, GITHUB_DELIVERIES or GITHUB_MERGER"
            raise ValueError(f"{bindings} needs GITHUB_APP_ID and GITHUB_PRIVATE_KEY")
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
        if error["type"] == DEPENDS_ON_ANOTHER:
            continue
        field = str(error["loc"][0]) if error["loc"] else error["msg"]
        said.setdefault(field, _sentence(field if error["loc"] else "", error["msg"]))
    return list(said.values())


def _sentence(field: str, message: str) -> str:
    if message == "Field required":
        return f"{field.upper()} is not set; it is required."
    said = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    return f"{field.upper()} {said}.".lstrip()
