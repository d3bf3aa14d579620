"""The room's letters."""
