"""A voyage as it stands now."""

from dataclasses import dataclass

from navigation_service.application.fields import VoyageRequest
from navigation_service.application.ports import VoyageRepository
from navigation_service.domain.errors import VoyageNotFoundError
from navigation_service.domain.voyage import Voyage
from pymediatr import Query, RequestHandler


@dataclass(frozen=True)
class GetVoyageQuery(VoyageRequest, Query[Voyage]):
    pass


class GetVoyageHandler(RequestHandler[GetVoyageQuery, Voyage]):
    def __init__(self, voyages: VoyageRepository) -> None:
        self._voyages = voyages

    async def handle(self, request: GetVoyageQuery) -> Voyage:
        voyage = await self._voyages.get(request.key)
        if voyage is None:
            raise VoyageNotFoundError.of(request.key)
        return voyage
