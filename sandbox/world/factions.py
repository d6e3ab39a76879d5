"""The factions of the game, in the order in which they take start systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Faction:
    """A faction. Those that recruit own one start system each."""

    symbol: str
    name: str
    recruits: bool
    traits: tuple[str, ...]


FACTIONS: Final = (
    Faction("COSMIC", "Cosmic Engineers", True, ("INNOVATIVE", "BOLD", "VISIONARY", "CURIOUS")),
    Faction("VOID", "Voidfarers", True, ("SECRETIVE", "EXPLORATORY", "DEFENSIVE", "ADAPTABLE")),
    Faction("GALACTIC", "Galactic Alliance", True, ("COLLABORATIVE", "PROGRESSIVE", "STRATEGIC", "PEACEFUL")),
    Faction("QUANTUM", "Quantum Federation", True, ("INTELLIGENT", "RESEARCH_FOCUSED", "STRATEGIC", "PROUD")),
    Faction("DOMINION", "Stellar Dominion", True, ("AGGRESSIVE", "DOMINANT", "BRUTAL", "RESOURCEFUL")),
    Faction("ASTRO", "Astro-Salvage Alliance", True, ("RESOURCEFUL", "FLEXIBLE", "UNITED", "CURIOUS")),
    Faction("CORSAIRS", "Seventh Space Corsairs", True, ("REBELLIOUS", "FREE_MARKETS", "PIRATES", "INDEPENDENT")),
    Faction("OBSIDIAN", "Obsidian Syndicate", True, ("SECRETIVE", "SELF_INTERESTED", "SMUGGLERS", "FREE_MARKETS")),
    Faction("AEGIS", "Aegis Collective", True, ("DEFENSIVE", "STRATEGIC", "MILITARISTIC", "UNITED")),
    Faction("UNITED", "United Independent Settlements", True, ("UNITED", "INDEPENDENT", "PEACEFUL", "DIVERSE")),
    Faction("SOLITARY", "Solitary Syndicate", True, ("ISOLATED", "INDEPENDENT", "SELF_SUFFICIENT", "ADAPTABLE")),
    Faction("COBALT", "Cobalt Traders Alliance", True, ("FREE_MARKETS", "WELCOMING", "BOLD", "COLLABORATIVE")),
    Faction("OMEGA", "Omega Star Network", False, ("SECRETIVE", "INTELLIGENT", "CURIOUS", "TECHNOLOGICALLY_ADVANCED")),
    Faction("ECHO", "Echo Technological Conclave", False, ("INNOVATIVE", "RESEARCH_FOCUSED", "VISIONARY", "CURIOUS")),
    Faction("LORDS", "Lords of the Void", False, ("DOMINANT", "AGGRESSIVE", "PROUD", "IMPERIALISTIC")),
    Faction("CULT", "Cult of the Machine", False, ("ISOLATED", "SECRETIVE", "UNPREDICTABLE", "BUREAUCRATIC")),
    Faction("ANCIENTS", "Ancient Guardians", False, ("DEFENSIVE", "INTELLIGENT", "DEXTEROUS", "PEACEFUL")),
    Faction("SHADOW", "Shadow Stalkers", False, ("SECRETIVE", "SMUGGLERS", "DISTRUSTFUL", "FLEETING")),
    Faction("ETHEREAL", "Ethereal Enclave", False, ("CURIOUS", "PEACEFUL", "EXPLORATORY", "VISIONARY")),
)

RECRUITING: Final = tuple(faction for faction in FACTIONS if faction.recruits)


def faction_named(symbol: str) -> Faction | None:
    """The faction of a symbol."""
    return next((faction for faction in FACTIONS if faction.symbol == symbol), None)
