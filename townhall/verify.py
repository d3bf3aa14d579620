"""What ``townsquare verify`` checks in this room."""

from __future__ import annotations

from app.site import Invariant

INVARIANTS: list[Invariant] = []
