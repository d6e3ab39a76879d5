"""The route that a voyage flies now, replanned or not."""

from dataclasses import dataclass

from navigation_service.application.fields import VoyageRequest
from navigation_service.application.ports import VoyageRepository
from navigation_service.domain.errors import VoyageNotFoundError
from navigation_service.domain.route import Route
from pymediatr import Query, RequestHandler


@dataclass(frozen=True)
class GetRouteQuery(VoyageRequest, Query[Route]):
    pass


class GetRouteHandler(RequestHandler[GetRouteQuery, Route]):
    def __init__(self, voyages: VoyageRepository) -> None:
        self._voyages = voyages

    async def handle(self, request: GetRouteQuery) -> Route:
        voyage = await self._voyages.get(request.key)
        if voyage is None:
            raise VoyageNotFoundError.of(request.key)
        return voyage.route
