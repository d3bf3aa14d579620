"""Decisions about files: which kinds are taken, what a file is called, why one is refused."""
