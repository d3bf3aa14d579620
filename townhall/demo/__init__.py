"""Lively halls for a demo: one to come, one live, one that has ended."""
