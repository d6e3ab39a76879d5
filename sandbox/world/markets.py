"""What a market trades, by waypoint and seed. FUEL is exchanged at every one, ANTIMATTER at every gate."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

from sandbox.world.places import Waypoint

FUEL: Final = "FUEL"
ANTIMATTER: Final = "ANTIMATTER"
FUEL_PURCHASE_PRICE: Final = 72
FUEL_SELL_PRICE: Final = 68
FUEL_TRADE_VOLUME: Final = 180

# good -> a price in the middle of its range
GOODS: Final = MappingProxyType(
    {
        "FUEL": FUEL_PURCHASE_PRICE, "ANTIMATTER": 5400, "IRON_ORE": 60, "COPPER_ORE": 70, "ALUMINUM_ORE": 80,
        "SILVER_ORE": 180, "GOLD_ORE": 190, "PLATINUM_ORE": 260, "QUARTZ_SAND": 25, "SILICON_CRYSTALS": 40,
        "ICE_WATER": 15, "AMMONIA_ICE": 40, "LIQUID_HYDROGEN": 30, "LIQUID_NITROGEN": 30, "HYDROCARBON": 35,
        "IRON": 180, "COPPER": 200, "ALUMINUM": 220, "SILVER": 480, "GOLD": 500, "PLATINUM": 700, "FERTILIZERS": 120,
        "FABRICS": 150, "FOOD": 190, "MACHINERY": 900, "ELECTRONICS": 800, "EQUIPMENT": 1100, "SHIP_PARTS": 2600,
        "SHIP_PLATING": 2500, "PLASTICS": 120, "MICROPROCESSORS": 900, "CLOTHING": 400, "MEDICINE": 900,
        "FAB_MATS": 1400, "ADVANCED_CIRCUITRY": 3000, "EXPLOSIVES": 200, "AMMUNITION": 400, "FIREARMS": 900,
        "DRUGS": 1000, "JEWELRY": 1500, "LAB_INSTRUMENTS": 1500,
    }
)  # fmt: skip
SUPPLIES: Final = ("SCARCE", "LIMITED", "MODERATE", "HIGH", "ABUNDANT")
ACTIVITIES: Final = ("WEAK", "GROWING", "STRONG", "RESTRICTED")


@dataclass(frozen=True, slots=True)
class TradeGood:
    """One line of a market. `kind` is EXPORT, IMPORT or EXCHANGE; only the first two have an activity."""

    symbol: str
    kind: str
    trade_volume: int
    supply: str
    purchase_price: int
    sell_price: int
    activity: str | None = None


def market_of(waypoint: Waypoint, seed: int) -> tuple[TradeGood, ...]:
    """Everything a marketplace trades."""
    rng = Random(f"{seed}/{waypoint.symbol}/market")
    goods = [TradeGood(FUEL, "EXCHANGE", FUEL_TRADE_VOLUME, "MODERATE", FUEL_PURCHASE_PRICE, FUEL_SELL_PRICE)]
    if waypoint.type == "JUMP_GATE":
        price = rng.randint(5000, 5900)
        goods.append(TradeGood(ANTIMATTER, "EXCHANGE", 18, "MODERATE", price, price * 94 // 100))
    elif waypoint.type != "FUEL_STATION":
        traded = rng.sample([good for good in GOODS if good not in (FUEL, ANTIMATTER)], rng.randint(4, 10))
        goods += [_good(symbol, "EXPORT" if n % 3 == 0 else "IMPORT", rng) for n, symbol in enumerate(traded)]
    return tuple(goods)


def _good(symbol: str, kind: str, rng: Random) -> TradeGood:
    purchase = max(2, GOODS[symbol] * rng.randint(80, 120) // 100)
    volume = rng.choice((6, 20, 60, 100))
    return TradeGood(
        symbol, kind, volume, rng.choice(SUPPLIES), purchase, purchase * 48 // 100, activity=rng.choice(ACTIVITIES)
    )
