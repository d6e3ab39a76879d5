"""Between voyages and the rows of their tables."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from navigation_service.adapters.voyage_codec import detail_body, encode, to_detail, voyage_body, voyage_fields
from navigation_service.domain.events import EVENTS_KEPT, EVENTS_KEPT_FOR, VoyageEvent, VoyageState
from navigation_service.domain.voyage import Lease, Voyage

_MORE = EVENTS_KEPT // 10


def new_row(voyage: Voyage) -> dict[str, Any]:
    """The row of a voyage that nobody holds yet."""
    return changed_columns(voyage) | {
        "voyage_id": voyage.voyage_id,
        "universe": voyage.universe,
        "ship_symbol": voyage.ship_symbol,
        "player_id": voyage.player_id,
        "agent_symbol": voyage.agent_symbol,
        "create_time": voyage.create_time,
        "due_time": voyage.next_action_time if voyage.state.is_active else None,
        "cancel_requested": False,
        "fence": 0,
    }


def changed_columns(voyage: Voyage) -> dict[str, Any]:
    """What a transition may have changed. Lease, due time and cancel request are for the database to work out."""
    return thin_time(voyage) | {
        "state": voyage.state.value,
        "update_time": voyage.update_time,
        "end_time": voyage.end_time,
        "next_action_time": voyage.next_action_time,
        "last_event_number": voyage.last_event_number,
        "body": voyage_body(voyage),
    }


def thin_time(voyage: Voyage) -> dict[str, Any]:
    """The column of that name, where this change sets it: at the end, and whenever a tenth more was told."""
    if voyage.end_time is not None:
        return {"thin_time": voyage.end_time + EVENTS_KEPT_FOR}
    before = voyage.last_event_number - len(voyage.pending_events)
    more = voyage.last_event_number // _MORE > before // _MORE
    return {"thin_time": voyage.update_time} if more and voyage.last_event_number > EVENTS_KEPT else {}


def event_rows(voyage: Voyage) -> list[dict[str, Any]]:
    """The rows of the events that are not stored yet."""
    return [
        {
            "voyage_id": event.voyage_id,
            "number": event.number,
            "time": event.time,
            "body": encode(
                {"state": event.state.value, "step_index": event.step_index, "message": event.message}
                | detail_body(event.detail)
            ),
        }
        for event in voyage.pending_events
    ]


def to_voyage(row: Row[Any], present: datetime | None = None) -> Voyage:
    """A lease that has run out at the present time is nobody's. Without one, the row was just leased."""
    return Voyage(
        voyage_id=row.voyage_id,
        player_id=row.player_id,
        agent_symbol=row.agent_symbol,
        ship_symbol=row.ship_symbol,
        universe=row.universe,
        create_time=row.create_time,
        update_time=row.update_time,
        next_action_time=row.next_action_time,
        state=VoyageState(row.state),
        end_time=row.end_time,
        cancel_requested=row.cancel_requested,
        last_event_number=row.last_event_number,
        lease=_to_lease(row, present),
        **voyage_fields(row.body),
    )


def to_event(row: Row[Any]) -> VoyageEvent:
    body = json.loads(row.body)
    state, step_index, message = VoyageState(body.pop("state")), body.pop("step_index"), body.pop("message")
    return VoyageEvent(row.number, row.voyage_id, row.time, state, step_index, message, to_detail(body))


def _to_lease(row: Row[Any], present: datetime | None) -> Lease | None:
    if row.owner is None or (present is not None and row.lease_until <= present):
        return None
    return Lease(row.owner, row.fence, row.lease_since, row.lease_until)
