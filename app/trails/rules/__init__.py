"""Plain rules: which links make sense, how they hang together, how a story is told in order."""
