"""Choose how a ship flies from its next departure on."""

from dataclasses import dataclass

from navigation_service.application.fields import ShipRequest, check_flight_mode, flight_mode
from navigation_service.application.ship_orders import ShipOrders
from navigation_service.domain.order import Order
from navigation_service.domain.ship import ShipRecord
from navigation_service.domain.voyage import GameAction
from pymediatr import Command, RequestHandler
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class SetFlightModeCommand(ShipRequest, Command[ShipRecord]):
    flight_mode: int = 0

    def check(self, violations: Violations) -> None:
        super().check(violations)
        check_flight_mode(violations, "flight_mode", self.flight_mode)


class SetFlightModeHandler(RequestHandler[SetFlightModeCommand, ShipRecord]):
    def __init__(self, orders: ShipOrders) -> None:
        self._orders = orders

    async def handle(self, request: SetFlightModeCommand) -> ShipRecord:
        order = Order(GameAction.SET_FLIGHT_MODE, flight_mode(request.flight_mode).value)
        return await self._orders.carry_out(request.player, request.ship_symbol, order)
