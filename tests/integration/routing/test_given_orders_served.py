"""An order to keep and an end to keep to, through the real door."""

from tests.fakes.routing_door import routing_door
from tests.fakes.routing_messages import tour_request
from tests.fakes.routing_oracle import Case


async def test_an_order_and_an_end_arrive_through_the_door() -> None:
    request = tour_request(
        Case([(0, 0, True), (9, 0, False), (0, 9, False)], 90, 90, 9, ["CRUISE"]), [2, 1], closed=False
    )
    request.keep_order, request.destination = True, "X1-T1-A2"
    async with routing_door() as routing:
        answer = await routing.OptimizeTour(request)
        request.destination = request.origin
        home = await routing.OptimizeTour(request)

    assert list(answer.visit_order) == ["X1-T1-A2", "X1-T1-A1"]
    assert (answer.route.destination, home.route.destination) == ("X1-T1-A2", "X1-T1-A0")
