"""Every admin endpoint."""

from __future__ import annotations

from typing import Final

from sandbox.admin import faults, handlers

ADMIN_ROUTES: Final = (
    ("GET", "/log", handlers.read_log),
    ("GET", "/faults", faults.list_faults),
    ("POST", "/faults", faults.set_fault),
    ("DELETE", "/faults", faults.clear_faults),
    ("POST", "/ships", handlers.add_ship),
    ("POST", "/move", handlers.move_ship),
    ("POST", "/agents", handlers.set_credits),
    ("POST", "/tokens", handlers.issue_token),
    ("GET", "/clock", handlers.read_clock),
    ("POST", "/clock", handlers.set_clock),
    ("POST", "/reset", handlers.reset),
)
