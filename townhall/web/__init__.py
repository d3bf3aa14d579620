"""The room's pages and forms."""
