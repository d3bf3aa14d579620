"""Lively content of this room for a demo: consultations in every phase, of our own writing."""

from consultations.demo.filling import fill

__all__ = ["fill"]
