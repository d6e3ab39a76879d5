"""What the environment says. Every default works on a laptop; all faults are told at once, at start."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}\Z")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})\Z")
_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


class SettingsError(Exception):
    """The environment cannot be used; `faults` names each bad variable and its remedy."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def usable_cores(quota_file: Path = _CGROUP_QUOTA) -> int:
    """The cores that this process may use: those it may run on, and no more than its control group is granted."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = quota_file.read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        # No control group, or one without a limit ("max").
        return cores


def _address(text: str) -> str:
    match = _ADDRESS.match(text)
    if match is None or int(match[2]) > 65_535:
        raise ValueError("must be host:port, such as 127.0.0.1:50053 (port 0 takes any free one)")
    return text


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
    """Fields are the environment's variables in lower case."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True, validate_default=True
    )

    listen_address: Address = "127.0.0.1:50053"
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
    solver_workers: int = Field(
        default_factory=usable_cores, ge=1, le=256, description="processes that solve tours, such as 2"
    )

    @classmethod
    def from_env(cls) -> Self:
        """Raises SettingsError."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError([_fault(cls, dict(item)) for item in error.errors()]) from None

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


def _fault(settings: type[Settings], item: dict[str, object]) -> str:
    location = item["loc"]
    name = str(location[0]) if isinstance(location, tuple) else ""
    problem = str(item["msg"])
    if item["type"] == "value_error":
        return f"{name.upper()}: {problem.removeprefix('Value error, ')}"
    problem = problem.removeprefix("Input should be ").partition(", unable to")[0]
    remedy = settings.model_fields[name].description
    return f"{name.upper()}: must be {problem}" + (f": {remedy}" if remedy else "")
