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
    Faction("GALACTIC", "Galactic Alliance", True, ("COLLABORATIVE", "PROGRESSIVE", "STRATEGIC", "OPEN")),
    Faction("QUANTUM", "Quantum Federation", True, ("INTELLIGENT", "ROBUST", "DISCIPLINED", "PROUD")),
    Faction("DOMINION", "Stellar Dominion", True, ("AGGRESSIVE", "DOMINANT", "BRUTAL", "RESOURCEFUL")),
    Faction("ASTRO", "Astro-Salvage Alliance", True, ("RESOURCEFUL", "FLEXIBLE", "UNITED", "CURIOUS")),
    Faction("CORSAIRS", "Seventh Space Corsairs", True, ("REBELLIOUS", "FREE_MARKETS", "EVASIVE", "INDEPENDENT")),
    Faction("OBSIDIAN", "Obsidian Syndicate", True, ("RUTHLESS", "SECRETIVE", "CUNNING", "FREE_MARKETS")),
    Faction("AEGIS", "Aegis Collective", True, ("DEFENSIVE", "STRATEGIC", "DISCIPLINED", "UNITED")),
    Faction("UNITED", "United Independent Settlements", True, ("UNITED", "INDEPENDENT", "PEACEFUL", "OPEN")),
    Faction("SOLITARY", "Solitary Syndicate", True, ("SOLITARY", "INDEPENDENT", "SELF_SUFFICIENT", "ADAPTABLE")),
    Faction("COBALT", "Cobalt Traders Alliance", True, ("FREE_MARKETS", "WELCOMING", "BOLD", "COLLABORATIVE")),
    Faction("OMEGA", "Omega Star Network", False, ("SECRETIVE", "INTELLIGENT", "INQUISITIVE", "EVASIVE")),
    Faction("ECHO", "Echo Technological Conclave", False, ("INNOVATIVE", "INQUISITIVE", "VISIONARY", "CURIOUS")),
    Faction("LORDS", "Lords of the Void", False, ("DOMINANT", "AGGRESSIVE", "PROUD", "RUTHLESS")),
    Faction("CULT", "Cult of the Machine", False, ("DEVOUT", "SECRETIVE", "FANATICAL", "BUREAUCRATIC")),
    Faction("ANCIENTS", "Ancient Guardians", False, ("DEFENSIVE", "INTELLIGENT", "DEXTEROUS", "PEACEFUL")),
    Faction("SHADOW", "Shadow Stalkers", False, ("SECRETIVE", "CUNNING", "EVASIVE", "RUTHLESS")),
    Faction("ETHEREAL", "Ethereal Enclave", False, ("CURIOUS", "PEACEFUL", "OPEN", "VISIONARY")),
)

RECRUITING: Final = tuple(faction for faction in FACTIONS if faction.recruits)


def faction_named(symbol: str) -> Faction | None:
    """The faction of a symbol."""
    return next((faction for faction in FACTIONS if faction.symbol == symbol), None)
