"""Lively content of this room for a demo: one town hall to come, one live, one that is over; of our own writing."""

from townhall.demo.filling import fill

__all__ = ["fill"]
