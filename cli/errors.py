"""What the user is told when a command cannot do its work: what happened, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cli.exit_codes import ExitCode
from cli.hints import hint_for

if TYPE_CHECKING:
    from protos.navigation.v1.navigation_pb2 import Failure
    from service_chassis.status import RemoteError

_UNREACHABLE_CODES = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"})
_DEFECT_CODES = frozenset({"INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "DATA_LOSS"})
# What gRPC says of a server whose health has no good word for the service.
_CAUSES = {"backend unhealthy": "what listens there is starting or stopping, or is another service"}
# Of several voyages: what is known to have gone wrong comes before what is not known to have gone well.
_WORST_FIRST = (
    ExitCode.VOYAGE_FAILED,
    ExitCode.INTERNAL,
    ExitCode.REFUSED,
    ExitCode.USAGE,
    ExitCode.UNREACHABLE,
    ExitCode.VOYAGE_CANCELLED,
)


@dataclass
class CliError(Exception):
    """Ends the command with `exit_code`. `reason` is the service's ErrorInfo.reason, empty for our own errors."""

    exit_code: ExitCode
    message: str
    hint: str = ""
    code: str = ""
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "error": {
                "exit_code": int(self.exit_code),
                "code": self.code,
                "reason": self.reason,
                "message": self.message,
                "metadata": dict(self.metadata),
                "violations": [{"field": name, "description": text} for name, text in self.violations],
                "hint": self.hint,
            }
        }

    def as_text(self) -> str:
        kind = "Interrupted" if self.exit_code is ExitCode.INTERRUPTED else "Error"
        title = f"{kind} ({self.reason})" if self.reason else kind
        lines = [f"{title}: {self._summary()}", *(f"  {name}: {text}" for name, text in self.violations)]
        if self.hint:
            lines.append(f"Next: {self.hint}")
        return "\n".join(lines)

    def _summary(self) -> str:
        """The services' message lists the bad fields once more; the lines below it do so better."""
        repeats = self.violations and all(text in self.message for _, text in self.violations)
        return "these fields are not right" if repeats else self.message


def wrong_usage(message: str, hint: str = "") -> CliError:
    return CliError(ExitCode.USAGE, message, hint, code="USAGE")


def failed_call(service: str, address: str, remote: "RemoteError") -> CliError:
    """The error for a call that `service` at `address` did not answer with a result."""
    code = remote.code.name
    if code == "UNAVAILABLE" and not remote.reason:
        return _unreachable(service, address, remote.message)
    return CliError(
        _exit_code_of(code),
        remote.message,
        hint_for(remote.reason, remote.metadata) or hint_for(code, remote.metadata),
        code=code,
        reason=remote.reason,
        metadata=remote.metadata,
        violations=tuple((v.field, v.description) for v in remote.violations),
    )


def failed_voyage(voyage_id: str, ship_symbol: str, failure: "Failure") -> CliError:
    """The error for a followed voyage that ended FAILED."""
    metadata = {"voyage_id": voyage_id, **failure.metadata}
    return CliError(
        ExitCode.VOYAGE_FAILED,
        f"voyage {voyage_id} of {ship_symbol} failed: {failure.message or failure.reason}",
        hint_for(failure.reason, metadata),
        reason=failure.reason,
        metadata=metadata,
    )


def cancelled_voyage(voyage_id: str, ship_symbol: str) -> CliError:
    return CliError(
        ExitCode.VOYAGE_CANCELLED,
        f"voyage {voyage_id} of {ship_symbol} was cancelled",
        f"see where the ship is with `spacetraders ship show {ship_symbol}`; it is free for a new voyage",
        reason="CANCELLED",
        metadata={"voyage_id": voyage_id},
    )


def worst_of(failures: Sequence[CliError], voyages: int, what: str = "did not complete") -> CliError:
    """One error for those of so many `voyages` of which `what` is true; it has the worst one's exit code and hint."""
    if voyages == 1:
        return failures[0]
    worst = min(failures, key=lambda failure: _WORST_FIRST.index(failure.exit_code))
    told = "\n".join(f"  {f'{failure.reason}: ' if failure.reason else ''}{failure.message}" for failure in failures)
    ids = ",".join(failure.metadata["voyage_id"] for failure in failures if "voyage_id" in failure.metadata)
    return replace(
        worst,
        message=f"{len(failures)} of {voyages} voyages {what}\n{told}",
        metadata={**worst.metadata, "voyage_ids": ids},
    )


def nothing_dispatched(unreachable_stops: Sequence[str]) -> CliError:
    stops = ",".join(unreachable_stops)
    return CliError(
        ExitCode.REFUSED,
        f"no ship can reach any of the stops: {stops.replace(',', ', ')}",
        hint_for("NO_ROUTE", {}),
        reason="NO_ROUTE",
        metadata={"unreachable": stops},
    )


def interrupted_watch(voyage_ids: Sequence[str]) -> CliError:
    if len(voyage_ids) > 1:
        return CliError(
            ExitCode.INTERRUPTED,
            f"no longer following; {len(voyage_ids)} voyages fly on",
            "see them with `spacetraders voyage list --active`, follow one with `spacetraders voyage watch SHIP`, "
            "end them with `spacetraders voyage cancel SHIP,SHIP`",
            code="INTERRUPTED",
            metadata={"voyage_ids": ",".join(voyage_ids)},
        )
    [voyage_id] = voyage_ids
    return CliError(
        ExitCode.INTERRUPTED,
        f"no longer following; voyage {voyage_id} flies on",
        f"follow it again with `spacetraders voyage watch {voyage_id}`, "
        f"or end it with `spacetraders voyage cancel {voyage_id}`",
        code="INTERRUPTED",
        metadata={"voyage_id": voyage_id},
    )


def perhaps_accepted(ships: Sequence[str]) -> CliError:
    """The error for a Ctrl-C while the answer to a start was still awaited."""
    return CliError(
        ExitCode.INTERRUPTED,
        "the answer had not come yet: the voyage may have been accepted",
        f"see with `spacetraders voyage list --ship {ships[0]}`",
    )


def _exit_code_of(code: str) -> ExitCode:
    if code in _UNREACHABLE_CODES:
        return ExitCode.UNREACHABLE
    return ExitCode.INTERNAL if code in _DEFECT_CODES else ExitCode.REFUSED


def _unreachable(service: str, address: str, cause: str) -> CliError:
    cause = cause.rpartition(": ")[2].rstrip("]")
    cause = _CAUSES.get(cause, cause)
    variable = f"{service.upper().replace(' ', '_')}_ADDRESS"
    return CliError(
        ExitCode.UNREACHABLE,
        f"the {service} at {address} cannot be reached ({cause})",
        f"start everything with `spacetraders up`, or say where it listens: "
        f"--{variable.lower().replace('_', '-')} HOST:PORT, or {variable} in the environment",
        code="UNAVAILABLE",
        metadata={"address": address},
    )
