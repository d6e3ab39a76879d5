"""Error codes of the game's API, their names and HTTP statuses, and the refusal that carries one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code of the live list: clients branch on the number alone."""

    name: str
    status: int


ERROR_CODES: Final[Mapping[int, ErrorCode]] = MappingProxyType(
    {
        3000: ErrorCode("ResponseSerializationError", 500),
        3001: ErrorCode("UnprocessableInputError", 422),
        3002: ErrorCode("AllErrorHandlersFailedError", 500),
        3100: ErrorCode("SystemStatusMaintenanceError", 503),
        3200: ErrorCode("SystemStatusResetError", 503),
        4000: ErrorCode("CooldownConflictError", 409),
        4001: ErrorCode("WaypointNoAccessError", 400),
        4100: ErrorCode("TokenEmptyError", 401),
        4101: ErrorCode("TokenMissingSubjectError", 401),
        4102: ErrorCode("TokenInvalidSubjectError", 401),
        4103: ErrorCode("MissingTokenRequestError", 401),
        4104: ErrorCode("InvalidTokenRequestError", 401),
        4105: ErrorCode("InvalidTokenSubjectError", 401),
        4106: ErrorCode("AccountNotExistsError", 401),
        4107: ErrorCode("AgentNotExistsError", 401),
        4108: ErrorCode("AccountHasNoAgentError", 401),
        4109: ErrorCode("TokenInvalidVersionError", 401),
        4110: ErrorCode("RegisterAgentSymbolReservedError", 400),
        4111: ErrorCode("RegisterAgentConflictSymbolError", 409),
        4112: ErrorCode("RegisterAgentNoStartingLocationsError", 400),
        4113: ErrorCode("TokenResetDateMismatchError", 401),
        4114: ErrorCode("InvalidAccountRoleError", 401),
        4115: ErrorCode("InvalidTokenError", 401),
        4116: ErrorCode("MissingAccountTokenRequestError", 401),
        4200: ErrorCode("NavigateInTransitError", 400),
        4201: ErrorCode("NavigateInvalidDestinationError", 400),
        4202: ErrorCode("NavigateOutsideSystemError", 400),
        4203: ErrorCode("NavigateInsufficientFuelError", 400),
        4204: ErrorCode("NavigateSameDestinationError", 400),
        4214: ErrorCode("ShipInTransitError", 400),
        4215: ErrorCode("ShipMissingSensorArraysError", 400),
        4216: ErrorCode("PurchaseShipCreditsError", 400),
        4217: ErrorCode("ShipCargoExceedsLimitError", 400),
        4218: ErrorCode("ShipCargoMissingError", 400),
        4219: ErrorCode("ShipCargoUnitCountError", 400),
        4228: ErrorCode("ShipCargoFullError", 400),
        4230: ErrorCode("WaypointChartedError", 400),
        4235: ErrorCode("WarpInsideSystemError", 400),
        4236: ErrorCode("ShipNotInOrbitError", 400),
        4241: ErrorCode("ShipMissingWarpDriveError", 400),
        4244: ErrorCode("ShipNotDockedError", 400),
        4245: ErrorCode("PurchaseShipNotPresentError", 400),
        4246: ErrorCode("ShipMountNoShipyardError", 400),
        4254: ErrorCode("ShipJumpInvalidOriginError", 400),
        4255: ErrorCode("ShipJumpInvalidWaypointError", 400),
        4256: ErrorCode("ShipJumpOriginUnderConstructionError", 400),
        4262: ErrorCode("ShipJumpDestinationUnderConstructionError", 400),
        4263: ErrorCode("ShipScrapInvalidTraitError", 400),
        4264: ErrorCode("ShipRepairInvalidTraitError", 400),
        4265: ErrorCode("AgentInsufficientCreditsError", 400),
        4266: ErrorCode("ShipModuleNoShipyardError", 400),
        4269: ErrorCode("CantSlowDownWhileInTransitError", 400),
        4271: ErrorCode("ShipTransferDockedOrbitConflictError", 400),
        4600: ErrorCode("MarketTradeInsufficientCreditsError", 400),
        4601: ErrorCode("MarketTradeNoPurchaseError", 400),
        4602: ErrorCode("MarketTradeNotSoldError", 400),
        4604: ErrorCode("MarketTradeUnitLimitError", 400),
        4605: ErrorCode("ShipNotAvailableForPurchaseError", 400),
        5000: ErrorCode("UnsupportedMediaTypeError", 415),
    }
)


class RefusedError(Exception):
    """The game says no: nothing happened, and `code` says why."""

    def __init__(self, code: int, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        known = ERROR_CODES.get(code)
        self.status = known.status if known else code


def not_found(what: str) -> RefusedError:
    """The refusal for anything that does not exist, or that the caller may not see."""
    return RefusedError(404, f"{what} not found.")


def invalid(violations: Mapping[str, list[str]]) -> RefusedError:
    """The refusal of a body or query that breaks the schema; field -> reasons."""
    fields = ", ".join(violations)
    return RefusedError(422, f"The request has invalid fields: {fields}.", violations)
