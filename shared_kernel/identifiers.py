"""Identifiers of our own making."""

import secrets
import uuid
from datetime import datetime


def uuid7(now: datetime, random_bits: int | None = None) -> str:
    """A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits, so that newer sorts later."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    bits = secrets.randbits(74) if random_bits is None else random_bits & ((1 << 74) - 1)
    value = milliseconds << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
