"""What voyages do, line by line in the process's log."""

from collections.abc import Sequence

import structlog

from navigation_service.domain.events import VoyageEvent, VoyageState
from navigation_service.domain.voyage import Voyage


class StructlogVoyageLog:
    """Satisfies VoyageLog."""

    def tell(self, voyage: Voyage, events: Sequence[VoyageEvent]) -> None:
        logger = structlog.get_logger().bind(voyage_id=voyage.voyage_id, ship=voyage.ship_symbol)
        for event in events:
            tell = logger.warning if event.state is VoyageState.FAILED else logger.info
            tell(event.message, number=event.number, state=event.state.value, step=event.step_index)
