"""What the environment says. Every default works on a laptop; all faults are told at once, at start."""

import re
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}\Z")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})\Z")
_DATABASES = ("sqlite", "sqlite+aiosqlite", "postgresql", "postgres", "postgresql+asyncpg")


class SettingsError(Exception):
    """The environment cannot be used; `faults` names each bad variable and its remedy."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _address(text: str) -> str:
    match = _ADDRESS.match(text)
    if match is None or int(match[2]) > 65_535:
        raise ValueError("must be host:port, such as 127.0.0.1:50051 (port 0 takes any free one)")
    return text


def _game_url(text: str) -> str:
    try:
        url = urlsplit(text)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable or url.username or url.query or url.fragment:
        raise ValueError("must be the address of the game's API, such as https://api.spacetraders.io/v2")
    return text.rstrip("/")


def _trust_domain(text: str) -> str:
    if not _TRUST_DOMAIN.match(text):
        raise ValueError(
            "must be the trust domain of SPIFFE IDs, such as fleet.example (a-z, 0-9, dot, dash, underscore)"
        )
    return text


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """Fields are the environment's variables in lower case. Secrets do not print."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True, validate_default=True
    )

    listen_address: Address = "127.0.0.1:50051"
    health_address: Address | None = None
    metrics_address: Address | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    tls_ca_file: Path | None = None
    tls_crl_file: Path | None = None
    tls_trust_domain: Annotated[str, AfterValidator(_trust_domain)] = "spacetraders"
    insecure_plaintext_on_network: bool = Field(default=False, description="true or false")
    otel_exporter_otlp_endpoint: str = ""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "INFO"
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = "console"
    drain_seconds: float = Field(
        default=5.0, ge=0, le=300, description="seconds for calls in flight to finish, such as 5"
    )
    data_dir: Path = Path("data")
    game_api_url: Annotated[str, AfterValidator(_game_url)] = "https://api.spacetraders.io/v2"
    game_timeout_seconds: float = Field(default=5.0, gt=0, le=60, description="seconds to wait for the game, such as 5")
    database_url: SecretStr = SecretStr("")
    token_encryption_keys: SecretStr = SecretStr("")

    @classmethod
    def from_env(cls) -> Self:
        """Raises SettingsError."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError([_fault(cls, dict(item)) for item in error.errors()]) from None

    @property
    def encryption_keys(self) -> tuple[str, ...]:
        """The first seals; empty if none was given."""
        return _split(self.token_encryption_keys)

    @property
    def sqlite_file(self) -> Path | None:
        """Where SQLite keeps the database; None with PostgreSQL."""
        if not _is_sqlite(self.database_url):
            return None
        return Path(self.database_url.get_secret_value().partition(":///")[2].partition("?")[0])

    @field_validator("tls_ca_file")
    @classmethod
    def _keep_tls_together(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        files = {
            "TLS_CERT_FILE": info.data.get("tls_cert_file"),
            "TLS_KEY_FILE": info.data.get("tls_key_file"),
            "TLS_CA_FILE": value,
        }
        missing = [name for name, file in files.items() if file is None]
        if 0 < len(missing) < len(files):
            raise ValueError(f"certificate, key and authorities go together; set {' and '.join(missing)}, too")
        return value

    @field_validator("tls_crl_file")
    @classmethod
    def _keep_revocation_to_tls(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("tls_ca_file") is None:
            raise ValueError("is about certificates; set TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE, too")
        return value

    @field_validator("database_url")
    @classmethod
    def _complete_database_url(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        url = value.get_secret_value()
        if not url:
            return SecretStr(_default_database_url(info.data.get("data_dir"), info.data.get("game_api_url")))
        if not _is_database_url(url):
            raise ValueError("must be sqlite:///path/to/file or postgresql://user:password@host/database")
        if "sslmode=" in url:
            raise ValueError("takes ssl=require in place of sslmode=require")
        return value

    @field_validator("token_encryption_keys")
    @classmethod
    def _check_keys(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        keys = _split(value)
        if not all(map(_is_key, keys)):
            raise ValueError(f"must be comma-separated keys of 32 bytes in URL-safe base64; {_MAKE_A_KEY}")
        if not keys and not _is_sqlite(info.data.get("database_url", SecretStr("sqlite:"))):
            raise ValueError(f"is required with PostgreSQL; {_MAKE_A_KEY}")
        return value


_MAKE_A_KEY = "make one with: openssl rand -base64 32 | tr '+/' '-_'"


def _default_database_url(data_dir: Path | None, game_api_url: str | None) -> str:
    """A file for each game server, so that the sandbox's players never mix with real ones."""
    host = re.sub(r"[^a-z0-9.-]", "-", urlsplit(game_api_url or "").netloc.lower())
    return f"sqlite:///{(data_dir or Path()) / f'player-{host}.sqlite3'}"


def _is_database_url(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        return scheme in _DATABASES and rest.startswith("/") and len(rest) > 1 and ":memory:" not in rest
    try:
        return scheme in _DATABASES and bool(rest) and urlsplit(url).port != 0
    except ValueError:
        return False


def _is_sqlite(database_url: SecretStr) -> bool:
    return database_url.get_secret_value().startswith("sqlite")


def _split(keys: SecretStr) -> tuple[str, ...]:
    return tuple(key.strip() for key in keys.get_secret_value().split(",") if key.strip())


def _is_key(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text)) == 32
    except ValueError:
        return False


def _fault(settings: type[Settings], item: dict[str, object]) -> str:
    location = item["loc"]
    name = str(location[0]) if isinstance(location, tuple) else ""
    problem = str(item["msg"])
    if item["type"] == "value_error":
        return f"{name.upper()}: {problem.removeprefix('Value error, ')}"
    problem = problem.removeprefix("Input should be ").partition(", unable to")[0]
    remedy = settings.model_fields[name].description
    return f"{name.upper()}: must be {problem}" + (f": {remedy}" if remedy else "")
