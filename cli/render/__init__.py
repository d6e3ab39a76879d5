"""How answers look: tables, routes, events and the live progress of a voyage."""
