"""Bring a ship into orbit around its waypoint."""

from dataclasses import dataclass

from navigation_service.application.fields import ShipRequest
from navigation_service.application.ship_orders import ShipOrders
from navigation_service.domain.order import Order
from navigation_service.domain.ship import ShipRecord
from navigation_service.domain.voyage import GameAction
from pymediatr import Command, RequestHandler


@dataclass(frozen=True)
class OrbitShipCommand(ShipRequest, Command[ShipRecord]):
    pass


class OrbitShipHandler(RequestHandler[OrbitShipCommand, ShipRecord]):
    def __init__(self, orders: ShipOrders) -> None:
        self._orders = orders

    async def handle(self, request: OrbitShipCommand) -> ShipRecord:
        return await self._orders.carry_out(request.player, request.ship_symbol, Order(GameAction.ORBIT))
