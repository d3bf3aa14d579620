"""Halls for other programs."""
