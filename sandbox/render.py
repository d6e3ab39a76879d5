"""The JSON shapes of agents, ships and their parts, with every key that clients may require."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.clock import ServerClock
from sandbox.universe import Agent, Ship, Universe
from sandbox.world.parts import Module, Mount, Requirements
from sandbox.world.places import Waypoint
from sandbox.world.ship_types import ShipType

Json = dict[str, object]


def words(symbol: str) -> str:
    """A display name for a symbol: `ENGINE_ION_DRIVE_II` -> `Engine Ion Drive II`."""
    return " ".join(part if set(part) == {"I"} else part.capitalize() for part in symbol.split("_"))


def named(symbol: str, sort: str) -> Json:
    """Symbol, name and description, the way traits, goods and modifiers are served."""
    return {"symbol": symbol, "name": words(symbol), "description": f"{words(symbol)}: a {sort} of the sandbox."}


def agent_json(agent: Agent, universe: Universe, *, own: bool = True) -> Json:
    """An Agent; only its owner sees the account."""
    account: Json = {"accountId": universe.identifier("account", agent.symbol)} if own else {}
    return account | {
        "symbol": agent.symbol,
        "headquarters": agent.headquarters,
        "credits": agent.credits,
        "startingFaction": agent.faction,
        "shipCount": len(universe.fleet(agent.symbol)),
    }


def fuel_json(ship: Ship, clock: ServerClock) -> Json:
    """The tank and what the last trip took."""
    return {
        "current": ship.fuel,
        "capacity": ship.fuel_capacity,
        "consumed": {"amount": ship.consumed, "timestamp": clock.stamp(ship.consumed_at)},
    }


def cargo_json(ship: Ship) -> Json:
    """The holds."""
    inventory = [named(good, "good") | {"units": units} for good, units in ship.cargo.items()]
    return {"capacity": ship.model.cargo_capacity, "units": ship.cargo_units, "inventory": inventory}


def cooldown_json(ship: Ship, clock: ServerClock) -> Json:
    """The reactor's cooldown; no expiration when idle."""
    left = ship.cooldown_end - clock.now()
    if left <= 0:
        return {"shipSymbol": ship.symbol, "totalSeconds": 0, "remainingSeconds": 0}
    return {
        "shipSymbol": ship.symbol,
        "totalSeconds": -(-(ship.cooldown_end - ship.cooldown_start) // 1000),
        "remainingSeconds": -(-left // 1000),
        "expiration": clock.stamp(ship.cooldown_end),
    }


def nav_json(ship: Ship, universe: Universe, clock: ServerClock) -> Json:
    """Where a ship is; while it flies, system and waypoint already name the destination.

    `departure` repeats `origin`: the live server dropped it, but the published schema still calls it required.
    """
    there, origin = universe.galaxy.waypoints[ship.waypoint], universe.galaxy.waypoints[ship.origin]
    return {
        "systemSymbol": there.system,
        "waypointSymbol": there.symbol,
        "route": {
            "destination": _route_end(there),
            "departure": _route_end(origin),
            "origin": _route_end(origin),
            "departureTime": clock.stamp(ship.departure),
            "arrival": clock.stamp(ship.arrival),
        },
        "status": ship.status(clock.now()),
        "flightMode": ship.flight_mode,
    }


def _route_end(waypoint: Waypoint) -> Json:
    return {
        "symbol": waypoint.symbol,
        "type": waypoint.type,
        "systemSymbol": waypoint.system,
        "x": waypoint.x,
        "y": waypoint.y,
    }


def requirements_json(requirements: Requirements) -> Json:
    """Power, crew and slots a part takes."""
    return {"power": requirements.power, "crew": requirements.crew, "slots": requirements.slots}


def _module_json(module: Module) -> Json:
    shape = named(module.symbol, "module")
    if module.capacity is not None:
        shape["capacity"] = module.capacity
    if module.range is not None:
        shape["range"] = module.range
    return shape | {"requirements": requirements_json(module.requirements)}


def _mount_json(mount: Mount) -> Json:
    shape = named(mount.symbol, "mount")
    if mount.strength is not None:
        shape["strength"] = mount.strength
    if mount.deposits:
        shape["deposits"] = list(mount.deposits)
    return shape | {"requirements": requirements_json(mount.requirements)}


def _part_json(symbol: str, requirements: Requirements, figures: Json) -> Json:
    """Frame, reactor or engine in perfect state: the sandbox's ships do not wear."""
    name = words(symbol)
    head: Json = {"symbol": symbol, "name": name, "condition": 1, "integrity": 1}
    tail: Json = {"requirements": requirements_json(requirements), "quality": 3}
    return head | {"description": f"{name}: a part of the sandbox."} | figures | tail


@dataclass(frozen=True)
class Blueprint:
    """The parts of a ship type as JSON: the same for every ship of it, so rendered once."""

    frame: Json
    reactor: Json
    engine: Json
    modules: list[Json]
    mounts: list[Json]
    crew: Json

    @staticmethod
    def of(model: ShipType) -> Blueprint:
        """Render a ship type."""
        frame, reactor, engine = model.frame, model.reactor, model.engine
        figures: Json = {
            "moduleSlots": frame.module_slots,
            "mountingPoints": frame.mounting_points,
            "fuelCapacity": frame.fuel_capacity,
        }
        return Blueprint(
            frame=_part_json(frame.symbol, frame.requirements, figures),
            reactor=_part_json(reactor.symbol, reactor.requirements, {"powerOutput": reactor.power_output}),
            engine=_part_json(engine.symbol, engine.requirements, {"speed": engine.speed}),
            modules=[_module_json(module) for module in model.modules],
            mounts=[_mount_json(mount) for mount in model.mounts],
            crew={
                "current": model.crew_required,
                "required": model.crew_required,
                "capacity": model.crew_capacity,
                "rotation": "STRICT",
                "morale": 100,
                "wages": 0,
            },
        )


def ship_json(ship: Ship, universe: Universe, clock: ServerClock, blueprint: Blueprint) -> Json:
    """A Ship, in the key order of the live server."""
    faction = universe.agents[ship.agent].faction
    return {
        "symbol": ship.symbol,
        "registration": {"name": ship.symbol, "factionSymbol": faction, "role": ship.model.role},
        "nav": nav_json(ship, universe, clock),
        "crew": blueprint.crew,
        "frame": blueprint.frame,
        "reactor": blueprint.reactor,
        "engine": blueprint.engine,
        "modules": blueprint.modules,
        "mounts": blueprint.mounts,
        "cargo": cargo_json(ship),
        "fuel": fuel_json(ship, clock),
        "cooldown": cooldown_json(ship, clock),
    }
