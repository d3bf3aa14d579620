"""Tokens by which a department's programs act in its name: issued, shown once, used, ended."""
