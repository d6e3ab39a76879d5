"""Setting, listing and taking back faults."""

from __future__ import annotations

from typing import Final

from sandbox.admin.endpoint import AdminCall
from sandbox.call import Answer, read
from sandbox.faults.armed import ForeignHand
from sandbox.faults.catalogue import BY_PROBABILITY, FAULTS, OPTIONS, make_fault
from sandbox.faults.plan import FaultRule
from sandbox.routes import GAME_ROUTES

ACTIONS: Final = tuple(dict.fromkeys(route.action for route in GAME_ROUTES))
RULE_FIELDS: Final = ("name", "probability", "next", "action", "ship", "agent")


def list_faults(call: AdminCall) -> Answer:
    """The faults in force, and how often each struck."""
    return read([rule.to_json() for rule in call.faults.rules])


def set_fault(call: AdminCall) -> Answer:
    """Let a fault strike with a probability, or the next so many requests that match its filters.

    A probability of 0 takes the fault of that name back.
    """
    fields = call.fields()
    name = fields.choice("name", FAULTS)
    fields.reject_unknown((*RULE_FIELDS, *OPTIONS.get(name, ())))
    probability, count = fields.number("probability", 0, 1), fields.whole("next", 1)
    if probability is not None and count is not None:
        fields.reject("next", "give either probability or next.")
    if probability is not None and name in FAULTS and name not in BY_PROBABILITY:
        fields.reject("probability", f"{name} is armed with next; only {', '.join(BY_PROBABILITY)} go by probability.")
    action = fields.choice("action", ACTIONS) if fields.has("action") else None
    ship, agent = (fields.text(key).upper() if fields.has(key) else None for key in ("ship", "agent"))
    fields.check()
    fault = make_fault(name, fields)
    if isinstance(fault, ForeignHand) and fault.waypoint not in (None, *call.game.galaxy.waypoints):
        fields.reject("waypoint", f"waypoint {fault.waypoint} does not exist.")
    fields.check()
    if probability == 0:
        call.faults.clear(name)
        return list_faults(call)
    remaining = None if probability is not None else count or 1
    rule = call.faults.add(FaultRule(fault, probability, remaining, action, ship, agent))
    return Answer({"data": rule.to_json()}, status=201)


def clear_faults(call: AdminCall) -> Answer:
    """Take back the faults of `name`, or all."""
    names = call.query("name")
    call.faults.clear(names[-1] if names else None)
    return list_faults(call)
